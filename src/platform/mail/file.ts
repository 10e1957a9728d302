import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import nodemailer from 'nodemailer';
import { MailFailure, notAMailbox } from './failure.js';
import { compose, isMailbox, type MailMessage, type Sender } from './message.js';
import { probe } from './probe.js';
import type { MailTransport } from './transport.js';

/**
 * Writes each mail into a folder as an `.eml` file, which mail programs can open. A repeated delivery replaces its
 * file.
 */
export function createFileTransport(from: Sender, folder: string): MailTransport {
  const composer = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: 'windows' });

  const prepare = async (): Promise<void> => {
    await attempt(folder, () => mkdir(folder, { recursive: true, mode: 0o700 }));
  };
  const send = async (message: MailMessage): Promise<void> => {
    if (!isMailbox(message.to)) throw notAMailbox();
    await prepare();
    const { message: content } = await composer.sendMail(compose(from, message));
    const file = path.join(folder, nameOf(message));
    await attempt(file, async () => {
      // Renamed when complete: a program that watches the folder never sees half a mail.
      await writeFile(`${file}.part`, String(content), { mode: 0o600 });
      await rename(`${file}.part`, file);
    });
  };

  return {
    kind: 'file',
    send,
    verify: (message) =>
      probe(['connect', 'recipient', 'message'], () => (message === undefined ? prepare() : send(message)), {
        success: `Mails are written to ${folder}: nobody receives them.`,
        idle: message === undefined ? ['recipient', 'message'] : [],
      }),
    close: () => composer.close(),
  };
}

const nameOf = ({ date, id }: MailMessage): string =>
  `${date.toISOString().replace(/[-:]|\.\d+/g, '')}-${id.replace(/[^\w-]/g, '_')}.eml`;

async function attempt<T>(file: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const sentence = `${file} can't be written (${code}): correct EMAIL_FILE_PATH or the permissions of the folder.`;
    throw new MailFailure('connect', 'unavailable', code, sentence);
  }
}
