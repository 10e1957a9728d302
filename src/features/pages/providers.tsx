import type { VNode } from 'preact';
import { safeNext } from '../../platform/http/safe-next.js';
import type { Visit } from './page.js';
import { withQuery } from './paths.js';
import type { PageSettings } from './settings.js';

interface ProvidersProps {
  readonly visit: Visit;
  readonly settings: PageSettings;
  /** Whether a form for a password follows. */
  readonly isFirst: boolean;
}

/**
 * Buttons that lead to identity providers. They are links: a policy for forms would also apply to the pages of the
 * provider.
 */
export function Providers({ visit, settings, isFirst }: ProvidersProps): VNode | null {
  const { signingIn } = visit.texts;
  const { providers, uiUrl } = settings;
  if (providers.length === 0) return null;
  const next = safeNext(visit.query.get('next'), uiUrl);
  return (
    <>
      <div class="providers">
        {providers.map(({ id, name, path }) => (
          <a key={id} class="button second" href={withQuery(path, { next })} rel="nofollow">
            {signingIn.continueWith(name)}
          </a>
        ))}
      </div>
      {isFirst && <p class="or quiet">{signingIn.orPassword}</p>}
    </>
  );
}

/** Why a person came back from a provider without a session. */
export function SignOnProblem({ visit }: { readonly visit: Visit }): VNode | null {
  const problem = visit.query.get('problem') ?? '';
  const sentences: Readonly<Record<string, string>> = visit.texts.signingIn.signOn;
  const sentence = Object.hasOwn(sentences, problem) ? sentences[problem] : undefined;
  if (sentence === undefined) return null;
  return (
    <div class="note bad" role="alert">
      <p>{sentence}</p>
    </div>
  );
}
