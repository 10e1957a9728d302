import type { VNode } from 'preact';
import { z } from 'zod';
import type { Visit } from '../page.js';
import { PATHS } from '../paths.js';
import { Card, Lead } from '../shell.js';
import { forSuperusers } from './superuser.js';

const Status = z.object({
  version: z.string(),
  cvat_version: z.string(),
  parts: z.array(z.object({ name: z.string(), ok: z.boolean(), sentence: z.string() })),
  mails: z.object({ waiting: z.number(), failed: z.number() }),
  settings: z.array(z.object({ name: z.string(), value: z.string().nullable() })),
});
type Status = z.output<typeof Status>;

/** How this server is, and its settings. */
export const serverPage = forSuperusers({
  path: PATHS.server,
  show: async (visit, person) => {
    const status = await visit.call('server_retrieve_status', Status);
    const { administration } = visit.texts;
    return {
      kind: 'view',
      title: administration.server,
      person,
      main: (
        <>
          <Lead title={administration.server}>{administration.serverIntro}</Lead>
          <Facts visit={visit} status={status} />
          <Parts visit={visit} status={status} />
          <SettingsTable visit={visit} status={status} />
        </>
      ),
    };
  },
});

interface StatusProps {
  readonly visit: Visit;
  readonly status: Status;
}

const Facts = ({ visit, status }: StatusProps): VNode => (
  <section class="card">
    <dl class="facts">
      <div>
        <dt>{visit.texts.administration.version}</dt>
        <dd>{status.version}</dd>
      </div>
      <div>
        <dt>{visit.texts.administration.cvatVersion}</dt>
        <dd>{status.cvat_version}</dd>
      </div>
      <div>
        <dt>{visit.texts.administration.mailsWaiting}</dt>
        <dd>{status.mails.waiting}</dd>
      </div>
      <div>
        <dt>{visit.texts.administration.mailsFailed}</dt>
        <dd>{status.mails.failed}</dd>
      </div>
    </dl>
  </section>
);

/** A problem of a part is in the words of the log, so that operators can search for them. */
function Parts({ visit, status }: StatusProps): VNode {
  const { administration } = visit.texts;
  const names: Readonly<Record<string, string>> = administration.parts;
  return (
    <Card title={administration.health}>
      <ul class="rows">
        {status.parts.map(({ name, ok, sentence }) => (
          <li key={name}>
            <div class="what">
              <span>{names[name] ?? name}</span>
              {!ok && (
                <span class="quiet small" lang="en">
                  {sentence}
                </span>
              )}
            </div>
            <PartBadge visit={visit} isOk={ok} isUsed={sentence !== 'not used'} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function PartBadge({
  visit,
  isOk,
  isUsed,
}: {
  readonly visit: Visit;
  readonly isOk: boolean;
  readonly isUsed: boolean;
}): VNode {
  const { administration } = visit.texts;
  if (!isUsed) return <span class="badge calm">{administration.partUnused}</span>;
  return isOk ? (
    <span class="badge">{administration.partOk}</span>
  ) : (
    <span class="badge bad">{administration.partBroken}</span>
  );
}

const SettingsTable = ({ visit, status }: StatusProps): VNode => (
  <Card title={visit.texts.administration.settings}>
    <p class="quiet">{visit.texts.administration.settingsHint}</p>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by keyboard. */}
    <section class="scroll" tabIndex={0} aria-label={visit.texts.administration.settings}>
      <table>
        <thead>
          <tr>
            <th scope="col">{visit.texts.administration.settingName}</th>
            <th scope="col">{visit.texts.administration.settingValue}</th>
          </tr>
        </thead>
        <tbody>
          {status.settings.map(({ name, value }) => (
            <tr key={name}>
              <th scope="row">
                <code>{name}</code>
              </th>
              <td>
                {value === null || value === '' ? (
                  <span class="quiet">{visit.texts.administration.notSet}</span>
                ) : (
                  <code>{value}</code>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  </Card>
);
