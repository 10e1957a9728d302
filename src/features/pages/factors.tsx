import type { VNode } from 'preact';
import { z } from 'zod';
import type { Visit } from './page.js';
import { Moment } from './pieces.js';

/** What the pages read of the second factors of an account. */
export const Factors = z.object({
  totp: z.object({ enabled: z.boolean(), created_date: z.string().nullable() }),
  recovery_codes: z.object({ remaining: z.int() }),
  webauthn: z.array(
    z.object({
      id: z.int(),
      name: z.string(),
      created_date: z.string(),
      last_used_date: z.string().nullable(),
    }),
  ),
});
export type Factors = z.output<typeof Factors>;

/** @returns whether an account has a second factor */
export const hasFactor = ({ totp, webauthn }: Factors): boolean => totp.enabled || webauthn.length > 0;

/** Since when an account has an app, how many codes stand in for its factors, and, for others, what its keys are. */
export const FactorFacts = ({
  visit,
  factors: { totp, recovery_codes: codes, webauthn },
  namesKeys = false,
}: {
  readonly visit: Visit;
  readonly factors: Factors;
  readonly namesKeys?: boolean;
}): VNode => (
  <dl class="facts">
    {totp.enabled && (
      <div>
        <dt>{visit.texts.factors.app}</dt>
        <dd>
          {`${visit.texts.factors.since} `}
          <Moment at={totp.created_date} visit={visit} />
        </dd>
      </div>
    )}
    <div>
      <dt>{visit.texts.factors.codes}</dt>
      <dd>{visit.texts.factors.codesLeft(codes.remaining)}</dd>
    </div>
    {namesKeys && webauthn.length > 0 && (
      <div>
        <dt>{visit.texts.keys.title}</dt>
        <dd>{webauthn.map(({ name }) => name).join(', ')}</dd>
      </div>
    )}
  </dl>
);
