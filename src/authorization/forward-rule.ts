import type { Caller } from '../kernel/account.js';
import { policyInput } from './authorizer.js';
import { readAllow } from './engines/answers.js';
import type { PolicyEngine } from './engines/engine.js';

/**
 * Asks a rule of the operator about a request to another program: `allow` of the package `forward_auth.<name>`. Its
 * input has the format of all questions, with the request as the resource.
 *
 * @throws ServiceUnavailable if there is no such rule, or the engine fails
 */
export const createForwardRule =
  (engine: Pick<PolicyEngine, 'evaluate'>) =>
  async (caller: Caller, name: string, request: object): Promise<boolean> =>
    readAllow(
      await engine.evaluate(
        `forward_auth/${name}/allow`,
        policyInput(caller, null, { scope: 'forward', resource: request }),
      ),
    );
