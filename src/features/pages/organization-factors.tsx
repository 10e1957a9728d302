import type { VNode } from 'preact';
import { z } from 'zod';
import { ButtonForm } from './forms.js';
import { back, owns, type Place, paramsOf, placeOf } from './organization-place.js';
import type { Page, Visit } from './page.js';
import { Card } from './shell.js';

const Requirement = z.object({ required: z.boolean() });

/** @returns whether members need a second factor, for those who decide it; undefined for others */
export async function requirementOf(place: Place): Promise<boolean | undefined> {
  if (!owns(place)) return undefined;
  const call = paramsOf(place.organization);
  const { required } = await place.visit.call('organizations_retrieve_factor_requirement', Requirement, call);
  return required;
}

/** Whether members need a second factor. */
export function Requiring({
  visit,
  isRequired,
}: {
  readonly visit: Visit;
  readonly isRequired: boolean;
}): VNode {
  const { organizations } = visit.texts;
  return (
    <Card title={organizations.factorTitle}>
      <p>{isRequired ? organizations.factorRequired : organizations.factorHint}</p>
      <div class="actions">
        {isRequired ? (
          <ButtonForm visit={visit} action="factor-optional" label={organizations.makeFactorOptional} />
        ) : (
          <ButtonForm visit={visit} action="factor-required" label={organizations.requireFactor} />
        )}
      </div>
    </Card>
  );
}

const change = (outcome: string, required: boolean) => async (visit: Visit) => {
  const { organization } = await placeOf(visit);
  await visit.call('organizations_partial_update_factor_requirement', z.unknown(), {
    ...paramsOf(organization),
    body: { required },
  });
  return back(visit, outcome);
};

export const requirementActions: NonNullable<Page['actions']> = {
  'factor-required': change('factor-required', true),
  'factor-optional': change('factor-optional', false),
};
