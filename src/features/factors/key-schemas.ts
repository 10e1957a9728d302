import { z } from 'zod';
import { charField } from '../../platform/http/fields.js';
import { AssertionResponse, RegistrationResponse } from '../../platform/webauthn/schemas.js';
import { NewRecoveryCodesRead, WebauthnRead } from './schemas.js';

const LONGEST_NAME = 100;

const name = charField({ maximum: LONGEST_NAME, description: 'What its owner calls it.' });

export const KeyWrite = z
  .object({ name, credential: RegistrationResponse })
  .meta({ id: 'WebauthnEnrolmentRequest' });

export const KeyPatch = z.object({ name }).meta({ id: 'PatchedWebauthnFactorRequest' });

export const AssertionWrite = z
  .object({ credential: AssertionResponse })
  .meta({ id: 'WebauthnAssertionRequest' });

export const KeyAddedRead = NewRecoveryCodesRead.extend({ key: WebauthnRead }).meta({
  id: 'WebauthnEnrolment',
});
