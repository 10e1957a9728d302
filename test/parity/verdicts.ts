import { compare, type Difference } from './compare.js';
import { explanationsOf, isExplained, isNotCompared } from './deviations.js';
import type { Exchange } from './replay.js';

/** What became of one request. */
export type Verdict =
  | { readonly kind: 'same'; readonly exchange: Exchange }
  /** As a row says, or but for an order that CVAT does not define. */
  | { readonly kind: 'deviates'; readonly exchange: Exchange; readonly rows: ReadonlySet<number | string> }
  | { readonly kind: 'not compared'; readonly exchange: Exchange }
  | { readonly kind: 'differs'; readonly exchange: Exchange; readonly differences: readonly Difference[] };

export function judge(exchange: Exchange): Verdict {
  if (isNotCompared(exchange.step.labels ?? [])) return { kind: 'not compared', exchange };
  const differences = compare(exchange.cvat, exchange.ours);
  if (differences.length === 0) return { kind: 'same', exchange };
  const unexplained = differences.filter((difference) => !isExplained(difference, exchange));
  if (unexplained.length > 0) return { kind: 'differs', exchange, differences: unexplained };
  const rows = differences.flatMap((difference) =>
    explanationsOf(difference, exchange).map(({ row }) => row),
  );
  return { kind: 'deviates', exchange, rows: new Set(rows) };
}
