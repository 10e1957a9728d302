import type { VNode } from 'preact';
import { z } from 'zod';
import { isObject } from '../../platform/values/json.js';
import { ButtonForm, type FieldProps, Form } from './forms.js';
import {
  back,
  memberNamed,
  type Organization,
  owns,
  type PartProps,
  type Place,
  paramsOf,
  placeOf,
  type Transfer,
} from './organization-place.js';
import { field, type Page, redirect, type Visit } from './page.js';
import { PATHS, withQuery } from './paths.js';
import { Moment } from './pieces.js';
import { FormRefused } from './problems.js';
import { Card } from './shell.js';

/** The fields that CVAT's user interface keeps in the contact. */
const CONTACT = {
  email: 'contact_email',
  phoneNumber: 'contact_phone',
  location: 'contact_location',
} as const;

type ContactKey = keyof typeof CONTACT;

/** @returns a text of a contact, which can be any JSON; empty if it is not a text */
const saidIn = (contact: unknown, key: ContactKey): string => {
  const value = isObject(contact) ? contact[key] : undefined;
  return typeof value === 'string' ? value : '';
};

/** @returns what CVAT's user interface shows of a contact, in one line */
export const contactLine = (contact: unknown): string =>
  (Object.keys(CONTACT) as ContactKey[])
    .map((key) => saidIn(contact, key))
    .filter((said) => said !== '')
    .join(', ');

/**
 * @param contact as it is
 * @returns the part of a request that a form asks for: what else the contact has is kept, and without a change it is left
 *   alone
 */
export function detailsOf(form: URLSearchParams, contact: unknown): object {
  const typed = Object.entries(CONTACT) as [ContactKey, string][];
  const changes = typed
    .map(([key, name]) => [key, field(form, name)] as const)
    .filter(([key, value]) => value !== saidIn(contact, key));
  return {
    name: field(form, 'name'),
    // Browsers send lines as in mails.
    description: field(form, 'description').replaceAll('\r\n', '\n'),
    ...(changes.length === 0
      ? {}
      : { contact: { ...(isObject(contact) ? contact : {}), ...Object.fromEntries(changes) } }),
  };
}

/** The fields of an organization that can change, with their values. */
export function detailFields({ texts }: Visit, organization?: Organization): readonly FieldProps[] {
  const { organizations } = texts;
  const contactField = (key: ContactKey) => ({
    name: CONTACT[key],
    value: saidIn(organization?.contact, key),
    isOptional: true,
  });
  return [
    { name: 'name', label: organizations.name, value: organization?.name, isOptional: true, maxLength: 64 },
    {
      name: 'description',
      label: organizations.description,
      value: organization?.description,
      isOptional: true,
      rows: 3,
    },
    { ...contactField('email'), label: organizations.contactEmail, type: 'email' },
    { ...contactField('phoneNumber'), label: organizations.contactPhone },
    { ...contactField('location'), label: organizations.contactLocation },
  ];
}

export const settingsActions: NonNullable<Page['actions']> = {
  save: async (visit) => {
    const { organization } = await placeOf(visit);
    const body = detailsOf(visit.form, organization.contact);
    await visit.call('organizations_partial_update', z.unknown(), { ...paramsOf(organization), body });
    return back(visit, 'saved');
  },
  offer: async (visit) => {
    const { organization } = await placeOf(visit);
    const successor = await memberNamed(visit, organization.slug, field(visit.form, 'successor').trim());
    if (successor === undefined)
      throw new FormRefused({ fields: { successor: [visit.texts.problems.sentences.noSuccessor] } });
    const body = { user: successor.user.id };
    await visit.call('organizations_transfer', z.unknown(), { ...paramsOf(organization), body });
    return back(visit, 'offered');
  },
  'withdraw-offer': async (visit) => {
    const { organization } = await placeOf(visit);
    await visit.call('organizations_destroy_transfer', z.unknown(), paramsOf(organization));
    return back(visit, 'offer-withdrawn');
  },
  'take-over': async (visit) => {
    const { organization } = await placeOf(visit);
    await visit.call('organizations_confirm_transfer', z.unknown(), paramsOf(organization));
    return back(visit, 'taken-over');
  },
  'decline-offer': async (visit) => {
    const { organization } = await placeOf(visit);
    await visit.call('organizations_decline_transfer', z.unknown(), paramsOf(organization));
    return back(visit, 'offer-declined');
  },
  delete: async (visit) => {
    const { organization } = await placeOf(visit);
    if (field(visit.form, 'confirm') !== organization.slug)
      throw new FormRefused({ fields: { confirm: [visit.texts.organizations.deleteMismatch] } });
    await visit.call('organizations_destroy', z.unknown(), paramsOf(organization));
    return redirect(withQuery(PATHS.organizations, { done: 'deleted' }));
  },
};

export const Settings = ({ place: { visit, organization }, draft }: PartProps): VNode => (
  <Card title={visit.texts.organizations.settings}>
    <Form
      visit={visit}
      action="save"
      label={visit.texts.common.save}
      draft={draft}
      fields={detailFields(visit, organization)}
    />
  </Card>
);

interface OfferProps {
  readonly place: Place;
  readonly transfer: Transfer | undefined;
}

/** The offer, for the member that it is made to. */
export function Offered({ place: { visit, self, organization }, transfer }: OfferProps): VNode | null {
  if (transfer?.user.id !== self.id) return null;
  const { organizations } = visit.texts;
  return (
    <Card title={organizations.offeredTitle}>
      <p>
        {`${organizations.offered(organization.owner?.username ?? organization.slug)} ${organizations.offerEnds} `}
        <Moment at={transfer.expires_date} visit={visit} />
      </p>
      <div class="actions">
        <ButtonForm visit={visit} action="take-over" label={organizations.takeOver} kind="first" />
        <ButtonForm visit={visit} action="decline-offer" label={organizations.declineOffer} />
      </div>
    </Card>
  );
}

/** The offer, for those who make it. */
export function Transferring({ place, transfer, draft }: OfferProps & PartProps): VNode {
  const { visit } = place;
  const { organizations } = visit.texts;
  return (
    <Card title={organizations.transferTitle}>
      {transfer !== undefined && (
        <>
          <p>
            {`${organizations.offerWaits(transfer.user.username)} ${organizations.offerEnds} `}
            <Moment at={transfer.expires_date} visit={visit} />
          </p>
          <div class="actions">
            <ButtonForm visit={visit} action="withdraw-offer" label={organizations.withdrawOffer} />
          </div>
        </>
      )}
      <Form
        visit={visit}
        action="offer"
        label={transfer === undefined ? organizations.offer : organizations.offerOther}
        kind="second"
        draft={draft}
        fields={[
          {
            name: 'successor',
            label: organizations.successor,
            hint: organizations.successorHint,
            autocomplete: 'off',
          },
        ]}
      />
    </Card>
  );
}

export function Deleting({ place, draft }: PartProps): VNode | null {
  if (!owns(place)) return null;
  const { visit, organization } = place;
  const { organizations } = visit.texts;
  return (
    <Card title={organizations.deleteTitle} kind="danger">
      <p>{organizations.deleteHint}</p>
      <Form
        visit={visit}
        action="delete"
        label={organizations.delete}
        kind="danger"
        draft={draft}
        fields={[
          { name: 'confirm', label: organizations.deleteConfirm(organization.slug), autocomplete: 'off' },
        ]}
      />
    </Card>
  );
}
