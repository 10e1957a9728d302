import { pathOf, questionDocument, serialize } from './document.js';
import type { PolicyEngine, PolicyProblem, PolicyQuestion, Readiness } from './engine.js';
import { createTransport, type OpaAddress, type OpaResponse } from './opa-transport.js';
import { noDecision, problemIn, SENTENCES } from './problems.js';

export interface OpaHttpOptions extends OpaAddress {
  /** Milliseconds that a decision may take. */
  readonly timeoutMs: number;
  /**
   * Whether this revision (`Bundle.revision`) belongs to one of this server's bundles: OPA is ready if it has loaded
   * one.
   */
  readonly isOurs: (revision: unknown) => boolean;
  /** Maximum number of connections; default 32. */
  readonly connections?: number;
  /** Default 64 KiB: a hundred times the longest answer of the rules. */
  readonly maxResponseBytes?: number;
}

/**
 * Decisions of an Open Policy Agent that pulls its rules from this server. A single question is posted to
 * `/v1/data/<package>/<rule>`, as CVAT does; several go to `/v1/data/decisions/answers` at once. Nothing is cached
 * between questions, neither decisions nor failures.
 */
export function createOpaHttpEngine(options: OpaHttpOptions): PolicyEngine {
  const { isOurs, connections = 32, maxResponseBytes = 64 * 1024 } = options;
  const transport = createTransport({ ...options, connections, maxResponseBytes });

  const query = async (path: string, input?: object): Promise<unknown> => {
    const response = await transport.send(path, input && serialize({ input }));
    const body = readResponse(response);
    if (!Object.hasOwn(body, 'result')) throw noDecision(await whyUndefined());
    return body.result;
  };

  /**
   * OPA answers `{}` for a rule that does not exist, and for every rule before its first bundle: its health check
   * tells which.
   */
  const whyUndefined = async (): Promise<PolicyProblem> =>
    (await transport.send('/health?bundles')).status === 200 ? 'opa_undefined' : 'opa_no_bundle';

  const ask = async (questions: readonly PolicyQuestion[]): Promise<readonly unknown[]> => {
    const [first, second] = questions;
    if (first === undefined) return [];
    if (second === undefined) return [await query(`/v1/data/${pathOf(first)}`, questionDocument(first))];
    const answers = await query('/v1/data/decisions/answers', { questions: questions.map(withDocument) });
    if (Array.isArray(answers) && answers.length === questions.length) return answers;
    throw noDecision('opa_bad_answer', new TypeError('OPA did not answer each question.'));
  };

  const ready = async (): Promise<Readiness> => {
    try {
      const loaded = await query('/v1/data/bundle_revision/revision');
      return isOurs(loaded) ? { ready: true, revision: String(loaded) } : notReady('opa_other_bundle');
    } catch (error) {
      const problem = problemIn(error);
      if (problem === undefined) throw error;
      return { ...notReady(problem), cause: error instanceof Error ? error.cause : undefined };
    }
  };

  return { name: 'opa', ask, ready, close: transport.close };
}

const withDocument = (question: PolicyQuestion) => ({
  package: question.package,
  rule: question.rule,
  input: questionDocument(question),
});

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
