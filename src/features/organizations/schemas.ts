import { z } from 'zod';
import { charField } from '../../platform/http/fields.js';
import { pageSchema } from '../../platform/http/page.js';
import { dateTime, readOnly, text } from '../../platform/http/read-fields.js';
import { booleanField } from '../../platform/http/scalar-fields.js';
import { jsonField } from '../../platform/http/value-fields.js';
import { toDouble } from '../../platform/values/json.js';
import { BasicUserRead } from '../users/index.js';

const INVALID_SLUG = 'Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.';
const SLUG = /^[-a-zA-Z0-9_]+$/;

/** A slug's metadata in the document, for requests and answers. */
export const DOCUMENTED_SLUG = { pattern: SLUG.source };

export const OrganizationRead = z
  .object({
    id: readOnly(z.int()),
    slug: readOnly(text(DOCUMENTED_SLUG)),
    name: readOnly(z.string()),
    description: readOnly(z.string()),
    created_date: readOnly(dateTime()),
    updated_date: readOnly(dateTime()),
    contact: readOnly(z.unknown()),
    owner: BasicUserRead.nullable(),
  })
  .meta({ id: 'OrganizationRead' });

export const OrganizationPage = pageSchema(
  OrganizationRead,
  'PaginatedOrganizationReadList',
  '/api/organizations',
);

/** DRF `SlugField`. */
const slug = () =>
  charField({
    maximum: 16,
    ...DOCUMENTED_SLUG,
    invalid: INVALID_SLUG,
    validateKind: (value) => (SLUG.test(value) ? undefined : INVALID_SLUG),
  });

const details = {
  name: charField({ maximum: 64, allowBlank: true }).optional(),
  description: charField({ allowBlank: true }).optional(),
  contact: jsonField().optional(),
};

export const OrganizationWrite = z
  .object({ slug: slug(), ...details })
  .meta({ id: 'OrganizationWriteRequest' });

export const OrganizationPatch = z
  .object({ slug: slug().optional(), ...details })
  .meta({ id: 'PatchedOrganizationWriteRequest' });

/** Not in CVAT. */
export const TransferWrite = z
  .object({
    /** Id of the member who will own the organization. */
    user: z.preprocess(
      toDouble,
      z.int({
        error: ({ input }) =>
          input === undefined ? 'This field is required.' : 'A valid integer is required.',
      }),
    ),
  })
  .meta({ id: 'OrganizationTransferRequest' });

/** Not in CVAT. */
export const TransferRead = z
  .object({ organization: z.int(), user: BasicUserRead, created_date: dateTime(), expires_date: dateTime() })
  .meta({ id: 'OrganizationTransfer' });

/** Not in CVAT. */
export const FactorRequirementRead = z
  .object({
    required: readOnly(
      z.boolean().meta({ description: 'Members without a second factor can do nothing but set one up.' }),
    ),
    created_date: readOnly(dateTime().nullable().meta({ description: 'Since when; null if it is not.' })),
  })
  .meta({ id: 'FactorRequirement' });

/** Not in CVAT. */
export const FactorRequirementWrite = z
  .object({ required: booleanField() })
  .meta({ id: 'PatchedFactorRequirementRequest' });
