import type { PolicyEngine, PolicyQuestion } from './engine.js';
import { noDecision } from './problems.js';

/**
 * Reads an `allow`: a boolean, or CVAT's object `{"allow": boolean, "reasons": [...]}`.
 *
 * @throws ServiceUnavailable `opa_bad_answer` for anything else, even if it resembles a yes
 */
export function readAllow(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  if (typeof answer === 'object' && answer !== null && Object.hasOwn(answer, 'allow')) {
    const { allow, reasons = [], ...others } = answer as Readonly<Record<string, unknown>>;
    const isWhole = Array.isArray(reasons) && Object.keys(others).length === 0;
    if (isWhole && typeof allow === 'boolean') return allow;
  }
  throw badAnswer('allow', answer);
}

/**
 * Reads a `filter`: CVAT 2.62's prefix expression, an object or an array. The code that turns it into SQL checks its
 * operators and lookups.
 *
 * @throws ServiceUnavailable `opa_bad_answer`
 */
export function readFilter(answer: unknown): object {
  if (typeof answer === 'object' && answer !== null) return answer;
  throw badAnswer('filter', answer);
}

/**
 * Reads a `plugin_allow`.
 *
 * @returns the answer of each plugin of the package; empty if it has no plugins
 * @throws ServiceUnavailable `opa_bad_answer`, also if one of them has no answer
 */
export function readPlugins(answer: unknown): readonly boolean[] {
  if (Array.isArray(answer)) return answer.map(readAllow);
  throw badAnswer('plugin_allow', answer);
}

const READERS = { allow: readAllow, filter: readFilter, plugin_allow: readPlugins };

/** @returns whether the reader of the rule accepts the answer, be it a yes or a no */
export function isDecision(rule: PolicyQuestion['rule'], answer: unknown): boolean {
  try {
    READERS[rule](answer);
    return true;
  } catch {
    return false;
  }
}

/**
 * Asks a single `allow`.
 *
 * @throws ServiceUnavailable as `PolicyEngine.ask`, and `opa_bad_answer`
 */
export const allow = async (engine: PolicyEngine, question: Omit<PolicyQuestion, 'rule'>): Promise<boolean> =>
  readAllow((await engine.ask([{ ...question, rule: 'allow' }]))[0]);

/**
 * Asks a single `filter`.
 *
 * @throws ServiceUnavailable as `PolicyEngine.ask`, and `opa_bad_answer`
 */
export const filter = async (engine: PolicyEngine, question: Omit<PolicyQuestion, 'rule'>): Promise<object> =>
  readFilter((await engine.ask([{ ...question, rule: 'filter' }]))[0]);

const badAnswer = (rule: string, answer: unknown) =>
  noDecision(
    'opa_bad_answer',
    new TypeError(`Not an answer to ${rule}: ${JSON.stringify(answer)?.slice(0, 200)}`),
  );
