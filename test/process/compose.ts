import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROOT } from './server.js';

const Scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** The parts of docker-compose.yml that a test can follow without Docker. */
const ComposeFile = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      command: z.array(z.string()).default([]),
      environment: z.record(z.string(), Scalar).default({}),
      restart: z.string(),
      healthcheck: z.object({ test: z.array(z.string()) }).optional(),
      volumes: z.array(z.string()).default([]),
      user: z.string().optional(),
    }),
  ),
  volumes: z.record(
    z.string(),
    z.object({ driver_opts: z.record(z.string(), Scalar).optional() }).nullable(),
  ),
});

type Compose = z.output<typeof ComposeFile>;

export const composeText = readFileSync(path.join(ROOT, 'docker-compose.yml'), 'utf8');

/**
 * @param variables what `.env` would hold
 * @returns the services, with variables put in as Compose does
 * @throws Error with the message of the file for a variable that must be set
 */
export const readCompose = (variables: Readonly<Record<string, string>>): Compose['services'] =>
  readComposeFile(variables).services;

/** @returns the services as `readCompose`, and the volumes */
export const readComposeFile = (variables: Readonly<Record<string, string>>): Compose =>
  ComposeFile.parse(parse(putIn(composeText, variables)));

/** Innermost first: what stands for a variable that is not set may contain others. */
export function putIn(text: string, variables: Readonly<Record<string, string>>): string {
  const next = text.replace(
    /\$\{(\w+)(:[?-])([^{}]*)\}/g,
    (_match, name: string, kind: string, rest: string) => {
      const value = variables[name];
      if (value !== undefined && value !== '') return value;
      if (kind === ':?') throw new Error(`${name}: ${rest}`);
      return rest;
    },
  );
  return next === text ? text : putIn(next, variables);
}
