# syntax=docker/dockerfile:1

FROM node:24.21-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without scripts: no dependency needs its own, and what the project builds is not here yet.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs scripts/
COPY rules rules
COPY migrations migrations
COPY src src
RUN npm run build
RUN npm prune --omit=dev --ignore-scripts

FROM node:24.21-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
WORKDIR /app
RUN install -d -m 0700 -o 10001 -g 10001 /data
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/migrations migrations
COPY --from=build /app/rules rules
COPY --from=build /app/dist dist
# Everything above belongs to root: the server writes to /data and nowhere else, so `docker run --read-only` works.
USER 10001:10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
