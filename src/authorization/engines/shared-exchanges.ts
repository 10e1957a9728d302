import { isDecision } from './answers.js';
import type { Asking } from './asking.js';
import { Lifetime, OpaNotReached } from './opa-transport.js';
import { problemIn } from './problems.js';

/** Told of every exchange that carries questions. Must not throw. */
export interface ObserveExchanges {
  readonly sent: (questions: number) => void;
  /** These questions shared an exchange that did not answer them, and are asked again. */
  readonly repeated: (questions: number) => void;
}

export interface SharedExchangesOptions {
  /**
   * One exchange.
   *
   * @returns the answers to the questions of all askings, in order
   * @throws ServiceUnavailable; OpaNotReached if nothing was sent
   */
  readonly send: (askings: readonly Asking[], lifetime: Lifetime) => Promise<readonly unknown[]>;
  /** Exchanges under way at once. Meanwhile what arrives waits, and shares the next one. */
  readonly inFlight: number;
  readonly observe: ObserveExchanges;
}

/** Questions of one exchange. The answers of the rules have 20 KiB then, a third of what the engine accepts. */
const MAXIMUM_QUESTIONS = 32;
/** Characters of an asking's documents. Usual ones have hundreds; a larger asking holds up nothing but itself. */
const MAXIMUM_LENGTH = 8 * 1024;

/**
 * Carries the questions of concurrent requests. Those that arrive in one turn of the event loop share an exchange, and
 * so do those that arrive while `inFlight` exchanges are under way. From a shared exchange only clear decisions count.
 * All other askings get an exchange of their own in the time that is left. Each request gets the answer that it would
 * get alone. If OPA was not reached, or has no rules, all of them hear it at once.
 */
export function createSharedExchanges({ send, inFlight, observe }: SharedExchangesOptions) {
  const waiting: Asking[] = [];
  let running = 0;
  let isScheduled = false;

  const exchange = (askings: readonly Asking[]): Promise<readonly unknown[]> => {
    const lifetime = new Lifetime();
    const expire = (reason: Error) => {
      if (askings.every((asking) => asking.isOver())) lifetime.end(reason);
    };
    for (const asking of askings) asking.onExpiry = expire;
    observe.sent(countQuestions(askings));
    return send(askings, lifetime);
  };

  const carryAlone = async (asking: Asking): Promise<void> => {
    try {
      asking.answer(await exchange([asking]));
    } catch (error) {
      asking.fail(error);
    }
  };

  const carryAgain = (asking: Asking): void => {
    if (asking.isOver()) return;
    observe.repeated(asking.questions.length);
    void carryAlone(asking);
  };

  const carryTogether = async (askings: readonly Asking[]): Promise<void> => {
    try {
      const answers = await exchange(askings);
      for (const [asking, own] of split(askings, answers)) {
        if (areDecisions(asking, own)) asking.answer(own);
        else carryAgain(asking);
      }
    } catch (error) {
      for (const asking of askings) {
        if (concernsAll(error)) asking.fail(error);
        else carryAgain(asking);
      }
    }
  };

  const take = (): readonly Asking[] => {
    const askings: Asking[] = [];
    let room = MAXIMUM_QUESTIONS;
    for (let next = waiting[0]; next !== undefined && next.questions.length <= room; next = waiting[0]) {
      waiting.shift();
      if (next.isOver()) continue;
      askings.push(next);
      room -= next.questions.length;
    }
    return askings;
  };

  const run = async (askings: readonly Asking[]): Promise<void> => {
    running += 1;
    const [first, second] = askings;
    if (first !== undefined) await (second === undefined ? carryAlone(first) : carryTogether(askings));
    running -= 1;
    flush();
  };

  const flush = (): void => {
    isScheduled = false;
    while (running < inFlight && waiting.length > 0) void run(take());
  };

  return {
    /** Carries an asking to an answer, beside others if it is no larger than usual. */
    carry: (asking: Asking): void => {
      if (!isUsual(asking)) return void carryAlone(asking);
      waiting.push(asking);
      if (isScheduled || running >= inFlight) return;
      isScheduled = true;
      // After the sockets of this turn were read: what they bring shares the exchange.
      setImmediate(flush);
    },
    /** Carries an asking that must not share. */
    carryAlone: (asking: Asking): void => void carryAlone(asking),
  };
}

const countQuestions = (askings: readonly Asking[]): number =>
  askings.reduce((sum, { questions }) => sum + questions.length, 0);

const isUsual = ({ questions, documents }: Asking): boolean =>
  questions.length <= MAXIMUM_QUESTIONS &&
  documents.reduce((sum, { length }) => sum + length, 0) <= MAXIMUM_LENGTH;

/** Another exchange would fail as well: there is no connection, or no rules that could answer. */
const concernsAll = (error: unknown): boolean =>
  error instanceof OpaNotReached || problemIn(error) === 'opa_no_bundle';

/** @returns each asking with its own answers */
function split(
  askings: readonly Asking[],
  answers: readonly unknown[],
): readonly (readonly [Asking, readonly unknown[]])[] {
  let start = 0;
  return askings.map((asking) => {
    const own = answers.slice(start, start + asking.questions.length);
    start += own.length;
    return [asking, own] as const;
  });
}

const areDecisions = ({ questions }: Asking, answers: readonly unknown[]): boolean =>
  questions.every(({ rule }, index) => isDecision(rule, answers[index]));
