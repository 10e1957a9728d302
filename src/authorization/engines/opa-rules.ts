import { z } from 'zod';
import type { RuleFile } from '../bundle/sources.js';
import { serialize } from './document.js';
import { createTransport, type OpaAddress, type OpaResponse, within } from './opa-transport.js';
import { noDecision } from './problems.js';

/** The state of the rules in an Open Policy Agent, apart from its decisions. */
export interface OpaRules {
  /**
   * @returns the revision of the bundle that OPA has loaded; null before its first bundle, or for a bundle that is not
   *   ours
   * @throws ServiceUnavailable if OPA does not answer
   */
  readonly loadedRevision: () => Promise<string | null>;
  /**
   * Lets OPA parse a file, with a rule of its current bundle: this neither loads nor changes anything.
   *
   * @returns file, line and reason of the first error; null if there is none
   * @throws ServiceUnavailable if OPA does not answer, or has no bundle yet
   */
  readonly problemOf: (file: RuleFile) => Promise<string | null>;
  readonly close: () => Promise<void>;
}

const Revision = z.object({ result: z.string().nullable().default(null) });
const Parsed = z.object({ result: z.literal(true) });
const Failed = z.object({
  errors: z.tuple([z.object({ code: z.literal('eval_builtin_error'), message: z.string() })]),
});

/** @param options where OPA is, and the milliseconds that an answer may take */
export function createOpaRules(options: OpaAddress & { readonly timeoutMs: number }): OpaRules {
  const transport = createTransport({ ...options, connections: 1, maxResponseBytes: 1024 * 1024 });
  const send = (path: string, body?: string) =>
    within(options.timeoutMs, (lifetime) => transport.send(path, lifetime, body));

  return {
    loadedRevision: async () => read(Revision, await send('/v1/data/bundle_revision/revision')).result,
    problemOf: async (file) => {
      const input = { name: file.name, text: file.text };
      const response = await send('/v1/data/rule_check/parsed?strict-builtin-errors', serialize({ input }));
      if (response.status !== 500) return read(Parsed, response) && null;
      const message = read(Failed, response).errors[0].message;
      return message
        .slice(Math.max(0, message.indexOf(`${file.name}:`)))
        .split('\n', 1)
        .join();
    },
    close: transport.close,
  };
}

/** @throws ServiceUnavailable `opa_bad_answer` for an answer in another format */
function read<T>(form: z.ZodType<T>, { status, text }: OpaResponse): T {
  try {
    return form.parse(JSON.parse(text));
  } catch {
    throw noDecision('opa_bad_answer', new Error(`OPA answered ${status}: ${text.slice(0, 200)}`));
  }
}
