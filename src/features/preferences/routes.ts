import { languageOf } from '../../platform/html/language.js';
import { defineRoute, reply, requireCaller } from '../../platform/http/route.js';
import { PreferencesRead, PreferencesWrite } from './schemas.js';
import type { PreferencesService } from './service.js';

const VIEW = {
  path: '/api/auth/preferences',
  tag: 'auth',
  view: 'Preferences',
  /** As for the password: a personal access token is for the work in CVAT. */
  accepted: ['token', 'session', 'basic'],
  access: { kind: 'authenticated', because: 'it is about the caller alone, and no object' },
} as const;

const show = (service: PreferencesService) => async (userId: number) =>
  reply(200, { language: languageOf(await service.languageOf(userId)) ?? null });

const retrieve = (service: PreferencesService) =>
  defineRoute({
    ...VIEW,
    method: 'get',
    operationId: 'auth_retrieve_preferences',
    summary: 'Get what you chose for your account',
    description: 'Returns the language of your mails and pages. Not in CVAT.',
    responses: { 200: PreferencesRead },
    handle: ({ caller }) => show(service)(requireCaller(caller).account.id),
  });

const update = (service: PreferencesService) =>
  defineRoute({
    ...VIEW,
    method: 'patch',
    operationId: 'auth_partial_update_preferences',
    summary: 'Choose the language of your mails and pages',
    description: 'Fields that you leave out stay as they are. Not in CVAT.',
    body: PreferencesWrite,
    responses: { 200: PreferencesRead },
    handle: async ({ caller, body }) => {
      const { id } = requireCaller(caller).account;
      if (body.language !== undefined) await service.chooseLanguage(id, body.language);
      return show(service)(id);
    },
  });

export const preferenceRoutes = (service: PreferencesService) => [retrieve(service), update(service)];
