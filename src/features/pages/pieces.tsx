import type { VNode } from 'preact';
import type { Visit } from './page.js';
import { withQuery } from './paths.js';

/** A moment: in UTC without scripts, in the time zone of the browser with them. */
export function Moment({
  at,
  visit,
  isDay = false,
}: {
  readonly at: string | null;
  readonly visit: Visit;
  readonly isDay?: boolean;
}): VNode {
  if (at === null) return <span>{visit.texts.common.unknown}</span>;
  const style = isDay
    ? ({ dateStyle: 'medium' } as const)
    : ({ dateStyle: 'medium', timeStyle: 'short' } as const);
  const text = new Intl.DateTimeFormat(visit.language, { ...style, timeZone: 'UTC' }).format(new Date(at));
  return (
    <time datetime={at} {...(isDay ? { 'data-day': '' } : {})}>
      {isDay ? text : `${text} UTC`}
    </time>
  );
}

/** A message about what was done. */
export const Done = ({ children }: { readonly children: string }): VNode => (
  <div class="note good" role="status">
    <p>{children}</p>
  </div>
);

/** A message that is neither good nor bad. */
export const Note = ({ children }: { readonly children: string }): VNode => (
  <div class="note" role="status">
    <p>{children}</p>
  </div>
);

/** A secret that is shown once. */
export const Secret = ({
  id,
  label,
  value,
  visit,
}: {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly visit: Visit;
}): VNode => (
  <div class="field">
    <label for={id}>{label}</label>
    <div class="secret">
      <input id={id} value={value} readOnly autocomplete="off" spellcheck={false} />
      <button type="button" class="second" data-copy={id} data-done={visit.texts.common.copied} hidden>
        {visit.texts.common.copy}
      </button>
    </div>
  </div>
);

/** Links to the page before and after; a second list of a page has its number in another parameter. */
export function Pager({
  visit,
  page,
  last,
  parameter = 'page',
}: {
  readonly visit: Visit;
  readonly page: number;
  readonly last: number;
  readonly parameter?: string;
}): VNode | null {
  if (last <= 1) return null;
  const { common } = visit.texts;
  const to = (number: number): string =>
    withQuery(visit.exchange.path, {
      ...Object.fromEntries(visit.query),
      done: undefined,
      [parameter]: String(number),
    });
  return (
    <nav class="pager" aria-label={common.pages}>
      {page > 1 ? <a href={to(page - 1)}>{common.previousPage}</a> : <span />}
      <span class="quiet small">{common.pageOf(page, last)}</span>
      {page < last ? <a href={to(page + 1)}>{common.nextPage}</a> : <span />}
    </nav>
  );
}
