import type { VNode } from 'preact';
import { FactorFacts, type Factors, hasFactor } from '../factors.js';
import { ButtonForm } from '../forms.js';
import type { Visit } from '../page.js';
import { PATHS } from '../paths.js';
import { Card } from '../shell.js';

interface PersonFactorsProps {
  readonly visit: Visit;
  readonly factors: Factors;
  /** The page is about the account of the person who looks at it. */
  readonly isOwn: boolean;
}

/** The second factors of an account, with a button that removes them for people who have lost theirs. */
export const PersonFactors = ({ visit, factors, isOwn }: PersonFactorsProps): VNode => (
  <Card title={visit.texts.factors.title}>
    {hasFactor(factors) ? (
      <>
        <FactorFacts visit={visit} factors={factors} namesKeys />
        {isOwn ? <OwnFactors visit={visit} /> : <Removal visit={visit} />}
      </>
    ) : (
      <p>{visit.texts.factors.noneOfPerson}</p>
    )}
  </Card>
);

/** The API refuses it too: a stolen session of an administrator must not remove what protects them. */
const OwnFactors = ({ visit }: { readonly visit: Visit }): VNode => (
  <p>
    {`${visit.texts.factors.ownHint} `}
    <a href={PATHS.security}>{visit.texts.factors.toSecurity}</a>
  </p>
);

const Removal = ({ visit }: { readonly visit: Visit }): VNode => (
  <>
    <p class="quiet">{visit.texts.factors.removeAllHint}</p>
    <div class="actions">
      <ButtonForm visit={visit} action="remove-factors" label={visit.texts.factors.removeAll} kind="danger" />
    </div>
  </>
);
