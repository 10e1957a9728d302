/** A line of a diagram. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

interface Diagram {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly curves: readonly Curve[];
}

const [WIDTH, HEIGHT] = [720, 360];
const FRAME = { left: 70, right: 650, top: 50, bottom: 270 };
/** Tell apart for colour-blind readers (Okabe and Ito), on white and on black; the dashes do it without colours. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];
const DASHES = ['', '8 4', '2 4', '10 3 2 3'];
/** Legible on the light and the dark page of a repository; there is no background. */
const INK = '#767676';
const STEPS = 4;

/** Draws curves over a logarithmic horizontal axis and a vertical one from 0. @returns SVG */
export function drawCurves({ title, x, y, curves }: Diagram): string {
  const places = [...new Set(curves.flatMap(({ points }) => points.map(([place]) => place)))].sort(
    (a, b) => a - b,
  );
  const top = roundUp(Math.max(...curves.flatMap(({ points }) => points.map(([, value]) => value))));
  const [first = 1, last = 1] = [places[0], places.at(-1)];
  const across = (place: number): number =>
    FRAME.left + (Math.log(place / first) / Math.log(last / first)) * (FRAME.right - FRAME.left);
  const up = (value: number): number => FRAME.bottom - (value / top) * (FRAME.bottom - FRAME.top);
  const lines = Array.from({ length: STEPS + 1 }, (_, step) => (top * step) / STEPS);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}" font-family="sans-serif" font-size="13" fill="${INK}">`,
    `<title>${title}</title>`,
    text(FRAME.left, 24, title, 'start', ' font-size="15" font-weight="bold"'),
    text(FRAME.left, 42, y, 'start'),
    ...lines.map((value) => horizontal(up(value), format(value))),
    ...places.map((place) => text(across(place), FRAME.bottom + 20, format(place), 'middle')),
    text((FRAME.left + FRAME.right) / 2, FRAME.bottom + 40, x, 'middle'),
    ...curves.map(({ points }, index) => {
      const path = points
        .map(([place, value]) => `${across(place).toFixed(1)},${up(value).toFixed(1)}`)
        .join(' ');
      return `<polyline points="${path}" fill="none" stroke-width="2.5" ${strokeOf(index)}/>`;
    }),
    ...curves.map(({ name }, index) => legend(name, index, curves.length)),
    '</svg>\n',
  ].join('\n');
}

const strokeOf = (index: number): string =>
  `stroke="${COLOURS[index % COLOURS.length]}" stroke-dasharray="${DASHES[index % DASHES.length]}"`;

const text = (x: number, y: number, words: string, anchor: string, style = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${style}>${words}</text>`;

const horizontal = (height: number, label: string): string =>
  `<line x1="${FRAME.left}" x2="${FRAME.right}" y1="${height.toFixed(1)}" y2="${height.toFixed(1)}" stroke="${INK}" stroke-opacity="0.3"/>${text(FRAME.left - 8, height + 4, label, 'end')}`;

function legend(name: string, index: number, count: number): string {
  const start = FRAME.left + (index * (FRAME.right - FRAME.left)) / count;
  const height = HEIGHT - 22;
  return `<line x1="${start}" x2="${start + 28}" y1="${height}" y2="${height}" stroke-width="2.5" ${strokeOf(index)}/>${text(start + 36, height + 4, name, 'start')}`;
}

/** @returns 1, 2, 4 or 8 times a power of ten, at least the value */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, Number.MIN_VALUE)));
  return ([1, 2, 4, 8].find((digit) => digit * power >= value) ?? 10) * power;
}

const format = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 3 });
