import { type Asking, startAsking } from './asking.js';
import { pathOf } from './document.js';
import type { PolicyEngine, PolicyInput, PolicyProblem, PolicyQuestion, Readiness } from './engine.js';
import {
  createTransport,
  type Lifetime,
  type OpaAddress,
  type OpaResponse,
  within,
} from './opa-transport.js';
import { noDecision, problemIn, SENTENCES } from './problems.js';
import { createSharedExchanges, type ObserveExchanges } from './shared-exchanges.js';

export interface OpaHttpOptions extends OpaAddress {
  /** Milliseconds that a decision may take, from the question to the answer, whatever happens in between. */
  readonly timeoutMs: number;
  /**
   * Whether this revision (`Bundle.revision`) belongs to one of this server's bundles: OPA is ready if it has loaded
   * one.
   */
  readonly isOurs: (revision: unknown) => boolean;
  /** Maximum number of connections; default 32. */
  readonly connections?: number;
  /** Exchanges that questions can share, under way at once; default 2. With more, fewer questions share. */
  readonly inFlight?: number;
  /**
   * Whether questions for plugins share exchanges; default true. Plugins of an operator may be slow, or contradict
   * themselves: theirs should not.
   */
  readonly sharesPlugins?: boolean;
  readonly observe?: ObserveExchanges;
  /** Default 64 KiB: a hundred times the longest answer of the rules. */
  readonly maxResponseBytes?: number;
}

/**
 * Decisions of an Open Policy Agent that pulls its rules from this server. A question that is alone is posted to
 * `/v1/data/<package>/<rule>`, as CVAT does; several, also of several requests, go to `/v1/data/decisions/answers` at
 * once. Nothing is cached between exchanges, neither decisions nor failures.
 */
export function createOpaHttpEngine(options: OpaHttpOptions): PolicyEngine {
  const { isOurs, timeoutMs, connections = 32, maxResponseBytes = 64 * 1024, sharesPlugins = true } = options;
  const { inFlight = 2, observe = UNOBSERVED } = options;
  const transport = createTransport({ ...options, connections, maxResponseBytes });

  const query = async (path: string, lifetime: Lifetime, body?: string): Promise<unknown> => {
    const response = readResponse(await transport.send(path, lifetime, body));
    if (!Object.hasOwn(response, 'result')) throw noDecision(await whyUndefined(lifetime));
    return response.result;
  };

  /**
   * OPA answers `{}` for a rule that does not exist, and for every rule before its first bundle: its health check
   * tells which.
   */
  const whyUndefined = async (lifetime: Lifetime): Promise<PolicyProblem> =>
    (await transport.send('/health?bundles', lifetime)).status === 200 ? 'opa_undefined' : 'opa_no_bundle';

  const send = async (askings: readonly Asking[], lifetime: Lifetime): Promise<readonly unknown[]> => {
    const parts = askings.flatMap(partsOf);
    const [first, second] = parts;
    if (first === undefined) return [];
    if (second === undefined)
      return [await query(`/v1/data/${pathOf(first.question)}`, lifetime, `{"input":${first.document}}`)];
    const answers = await query('/v1/data/decisions/answers', lifetime, togetherOf(parts));
    if (Array.isArray(answers) && answers.length === parts.length) return answers;
    throw noDecision('opa_bad_answer', new TypeError('OPA did not answer each question.'));
  };
  const exchanges = createSharedExchanges({ send, inFlight, observe });

  const ask = async (questions: readonly PolicyQuestion[]): Promise<readonly unknown[]> => {
    if (questions.length === 0) return [];
    const isShared = sharesPlugins || questions.every(({ rule }) => rule !== 'plugin_allow');
    return startAsking(questions, timeoutMs, isShared ? exchanges.carry : exchanges.carryAlone);
  };

  const evaluate = (path: string, input: PolicyInput): Promise<unknown> =>
    within(timeoutMs, (lifetime) => query(`/v1/data/${path}`, lifetime, JSON.stringify({ input })));

  const ready = async (): Promise<Readiness> => {
    try {
      const loaded = await within(timeoutMs, (lifetime) =>
        query('/v1/data/bundle_revision/revision', lifetime),
      );
      return isOurs(loaded) ? { ready: true, revision: String(loaded) } : notReady('opa_other_bundle');
    } catch (error) {
      const problem = problemIn(error);
      if (problem === undefined) throw error;
      return { ...notReady(problem), cause: error instanceof Error ? error.cause : undefined };
    }
  };

  return { name: 'opa', ask, evaluate, ready, close: transport.close };
}

const UNOBSERVED: ObserveExchanges = { sent: () => undefined, repeated: () => undefined };

interface Part {
  readonly question: PolicyQuestion;
  readonly document: string;
}

const partsOf = ({ questions, documents }: Asking): readonly Part[] =>
  questions.map((question, index) => ({ question, document: documents[index] ?? 'null' }));

/** Names of packages and rules are ours: they need no escape. */
const togetherOf = (parts: readonly Part[]): string =>
  `{"input":{"questions":[${parts.map(({ question, document }) => `{"package":"${question.package}","rule":"${question.rule}","input":${document}}`).join(',')}]}}`;

const notReady = (problem: PolicyProblem) => ({
  ready: false as const,
  problem,
  detail: SENTENCES[problem],
});

function readResponse({ status, text }: OpaResponse): { readonly result?: unknown } {
  const body = status === 200 ? parse(text) : undefined;
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  const cause = new Error(`OPA answered ${status}: ${text.slice(0, 200)}`);
  throw noDecision(status >= 500 ? 'opa_unreachable' : 'opa_bad_answer', cause);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
