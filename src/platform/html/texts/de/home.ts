import type { Texts } from '../index.js';

export const home: Texts['home'] = {
  intro: 'Konten, Organisationen und Zugangstokens für CVAT.',
  toAccount: 'Zu deinem Konto',
  developers: 'Für die Entwicklung',
  swagger: 'zum Ausprobieren der API',
  redoc: 'zum Nachlesen',
  document: 'OpenAPI-Dokument',
  about: 'Über diesen Server',
};
