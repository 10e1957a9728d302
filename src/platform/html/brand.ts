type Rgb = readonly [red: number, green: number, blue: number];

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
/** The grounds on which texts have the least contrast (`--ground` and `--surface` in account.css). */
const LIGHT_GROUND: Rgb = [245, 246, 248];
const DARK_SURFACE: Rgb = [27, 30, 35];
/** WCAG 2.2, 1.4.3, for text of any size. */
const CONTRAST = 4.5;

/**
 * @param color `#rrggbb`
 * @returns CSS custom properties for the colour of a brand, in which every text can be read on a light and on a dark
 *   ground
 */
export function accentProperties(color: string): string {
  const accent = parse(color);
  const [lightTint, darkTint] = [mix(accent, LIGHT_GROUND, 0.1), mix(accent, DARK_SURFACE, 0.25)];
  const light = { grounds: [LIGHT_GROUND, lightTint], towards: BLACK };
  const dark = { grounds: [DARK_SURFACE, darkTint], towards: WHITE };
  const onAccent = contrast(accent, WHITE) >= contrast(accent, BLACK) ? WHITE : BLACK;
  return `:root {
  --accent: ${hex(accent)};
  --on-accent: ${hex(onAccent)};
  --accent-ground: light-dark(${hex(lightTint)}, ${hex(darkTint)});
  --accent-text: light-dark(${hex(readable(accent, light))}, ${hex(readable(accent, dark))});
}
`;
}

/** @returns the colour, moved towards black or white until it can be read on every ground */
function readable(
  color: Rgb,
  { grounds, towards }: { readonly grounds: readonly Rgb[]; readonly towards: Rgb },
): Rgb {
  const steps = Array.from({ length: 21 }, (_, step) => mix(towards, color, step / 20));
  return (
    steps.find((candidate) => grounds.every((ground) => contrast(candidate, ground) >= CONTRAST)) ?? towards
  );
}

const parse = (color: string): Rgb => {
  const value = Number.parseInt(color.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
};

const hex = (color: Rgb): string => `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;

/** @param share of the first colour, from 0 to 1 */
const mix = (first: Rgb, second: Rgb, share: number): Rgb => {
  const part = (index: 0 | 1 | 2) => Math.round(first[index] * share + second[index] * (1 - share));
  return [part(0), part(1), part(2)];
};

/** The contrast ratio of two colours, from 1 to 21 (WCAG 2.2). */
function contrast(first: Rgb, second: Rgb): number {
  const [dark = 0, light = 0] = [luminance(first), luminance(second)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: Rgb): number {
  const [red = 0, green = 0, blue = 0] = color.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
