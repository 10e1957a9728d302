import { z } from 'zod';
import { field, type Page, type Visit } from './page.js';

/** A form that came without a session. It is shown again after the person has signed in. */
const Kept = z.object({
  page: z.string(),
  params: z.record(z.string(), z.string()),
  action: z.string(),
  fields: z.string(),
});

export type Kept = z.output<typeof Kept>;

/** @returns what was typed, except for passwords and codes */
export function keep(visit: Visit, page: string): string {
  const fields = new URLSearchParams(
    [...visit.form].filter(([name]) => !/password|csrf|^(code|credential)$/.test(name)),
  );
  return JSON.stringify({
    page,
    params: visit.params,
    action: field(visit.form, 'do'),
    fields: String(fields),
  });
}

/** @returns undefined for a text that is not of `keep` */
export function readKept(text: string): Kept | undefined {
  try {
    return Kept.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** @returns where the forms of a page are sent */
export const addressOfPage = ({ path }: Pick<Page, 'path'>, params: Kept['params']): string =>
  path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
