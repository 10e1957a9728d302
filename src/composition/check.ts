import { createBreachFile } from '../authentication/passwords/validators/breach-file.js';
import { readSignOnSettings } from '../platform/config/auth-config.js';
import type { Config } from '../platform/config/settings.js';
import { readConnectionOptions } from '../platform/db/connection-options.js';
import { createMailTransport } from '../platform/mail/transport.js';
import { directorySettingsOf } from './directory.js';
import { mailSettingsOf } from './mail.js';
import { readRules } from './rules.js';
import { opaAddressOf, redisSettingsOf } from './services.js';

/**
 * Finds mistakes in the settings and in the files they name that would stop the start. It contacts no other machine
 * and opens no database, so it can run next to the server.
 *
 * @throws StartError
 */
export async function checkSettings(config: Config): Promise<void> {
  if (config.DATABASE_URL !== undefined) readConnectionOptions(config.DATABASE_URL);
  (await createMailTransport(mailSettingsOf(config), () => {})).close();
  await directorySettingsOf(config);
  readSignOnSettings(config);
  redisSettingsOf(config);
  opaAddressOf(config);
  await readRules(config);
  if (config.PASSWORD_BREACH_FILE !== undefined)
    await (await createBreachFile(config.PASSWORD_BREACH_FILE)).close();
}
