import type { VNode } from 'preact';
import { z } from 'zod';
import { ButtonForm } from './forms.js';
import { field, type Page, type Person, type View, type Visit } from './page.js';
import { PATHS } from './paths.js';
import { Done } from './pieces.js';
import type { PageSettings } from './settings.js';
import { Card, Lead } from './shell.js';

/** What the pages read where codes are made. */
export const NewCodes = z.object({ recovery_codes: z.array(z.string()) });

interface Made {
  readonly person: Person;
  readonly codes: z.output<typeof NewCodes>;
  /** What was done. */
  readonly done: string;
  /** Where the person goes on; without it, to the page Security. */
  readonly next?: string | undefined;
}

/** @returns the page that shows new codes. It is the answer to a form and has no address: a reload has none of them */
export function newCodesView(
  visit: Visit,
  { person, codes: { recovery_codes: codes }, done, next }: Made,
): View {
  const { factors } = visit.texts;
  return {
    kind: 'view',
    title: factors.codesTitle,
    person,
    main: (
      <>
        <Lead title={factors.codesTitle}>{factors.codesIntro}</Lead>
        <Done>{done}</Done>
        <Card title={factors.codes}>
          <p>{factors.codesKeep}</p>
          <CodeList codes={codes} />
          <div class="actions">
            <button
              type="button"
              class="second little"
              data-copy={LIST_ID}
              data-done={visit.texts.common.copied}
              hidden
            >
              {factors.copyCodes}
            </button>
            <ButtonForm
              visit={visit}
              action={DOWNLOAD}
              hidden={{ username: person.username, codes: codes.join(' ') }}
              label={factors.downloadCodes}
            />
          </div>
        </Card>
        <div class="actions">
          <a class="button" href={next ?? PATHS.security}>
            {factors.codesStored}
          </a>
        </div>
      </>
    ),
  };
}

const LIST_ID = 'recovery-codes';
const DOWNLOAD = 'download-codes';

const CodeList = ({ codes }: { readonly codes: readonly string[] }): VNode => (
  <ol id={LIST_ID} class="codes">
    {codes.map((code) => (
      <li key={code}>
        <code>{code}</code>
      </li>
    ))}
  </ol>
);

/**
 * The button below new codes, for the pages that answer with them. The file is made of what the form sends alone: the
 * codes would be lost if the session had ended meanwhile.
 */
export const downloadActions = ({ siteName }: PageSettings): NonNullable<Page['actions']> => ({
  [DOWNLOAD]: async ({ form, texts }) => {
    const lines = [
      texts.factors.codesOf(field(form, 'username'), siteName()),
      '',
      ...field(form, 'codes').split(' '),
    ];
    return {
      kind: 'file',
      name: 'recovery-codes.txt',
      type: 'text/plain; charset=utf-8',
      // Editors of Windows show one line without them.
      content: lines.map((line) => `${line}\r\n`).join(''),
    };
  },
});
