import { mailSettingsOf } from '../../composition/mail.js';
import { siteNameOf } from '../../composition/site-name.js';
import { dateOf, systemClock } from '../../kernel/clock.js';
import { systemRandom } from '../../kernel/random.js';
import type { Config } from '../../platform/config/settings.js';
import { DEFAULT_LANGUAGE } from '../../platform/html/language.js';
import { testMail } from '../../platform/mail/templates/trial.js';
import { createMailTransport } from '../../platform/mail/transport.js';

/**
 * Sends a mail with the settings of the server.
 *
 * @param print receives the mail if it is only shown
 * @returns each step, and what became of the mail
 */
export async function sendTestMail(config: Config, to: string, print: (line: string) => void) {
  const transport = await createMailTransport(mailSettingsOf(config), print);
  const site = {
    name: siteNameOf(config, undefined),
    subjectPrefix: config.ACCOUNT_EMAIL_SUBJECT_PREFIX,
    language: DEFAULT_LANGUAGE,
  };
  const probe = await transport.verify({
    id: systemRandom.uuid(),
    to,
    date: dateOf(systemClock),
    ...testMail(site),
  });
  transport.close();
  return probe;
}
