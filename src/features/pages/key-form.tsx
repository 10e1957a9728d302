import type { VNode } from 'preact';
import { z } from 'zod';
import { ApiError } from '../../kernel/errors.js';
import { Form, type FormProps } from './forms.js';
import { ACTION_FIELD, field, type Visit } from './page.js';
import { FormRefused } from './problems.js';

/** What the pages read of the options for a key: the script gives all of them to the browser. */
export const KeyOptions = z.looseObject({
  challenge: z.string(),
  allowCredentials: z.array(z.unknown()).optional(),
});
export type KeyOptions = z.output<typeof KeyOptions>;

const CREDENTIAL = 'credential';

interface KeyFormProps extends Omit<FormProps, 'sender'> {
  /** What the browser does with the options: make a key, or ask for one. */
  readonly does: 'create' | 'get';
  readonly options: KeyOptions;
  /** Offers passkeys in the field for the name too, and shows nothing where there can be none. */
  readonly isBeside?: boolean;
}

/** A form that assets/keys.js sends, with what the authenticator answered. */
export function KeyForm({ does, options, isBeside = false, ...form }: KeyFormProps): VNode {
  const { keys } = form.visit.texts;
  return (
    <Form
      {...form}
      hidden={{ ...form.hidden, [ACTION_FIELD]: form.action, [CREDENTIAL]: '' }}
      sender={{
        'data-key': does,
        'data-options': JSON.stringify(options),
        'data-unsupported': keys.unsupported,
        'data-cancelled': keys.cancelled,
        'data-known': keys.known,
        'data-address': keys.wrongAddress,
        'data-failed': keys.failed,
        ...(isBeside ? { 'data-beside': '', hidden: true } : {}),
      }}
    >
      {form.children}
      <p class="note bad" role="alert" data-problem hidden />
      {!isBeside && (
        <p class="note" data-scriptless>
          {keys.needsScript}
        </p>
      )}
    </Form>
  );
}

/** @returns what the authenticator answered. @throws FormRefused if it is no JSON, which the script does not send */
export function credentialOf(visit: Visit): unknown {
  try {
    return JSON.parse(field(visit.form, CREDENTIAL));
  } catch {
    throw new FormRefused({ form: [visit.texts.keys.failed] });
  }
}

/** @returns the options for a key that the account has; undefined without one, and where nobody may be asked for it */
export async function keysToUse(visit: Visit, operation: string): Promise<KeyOptions | undefined> {
  try {
    const options = await visit.call(operation, KeyOptions);
    return options.allowCredentials?.length === 0 ? undefined : options;
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return undefined;
    throw error;
  }
}
