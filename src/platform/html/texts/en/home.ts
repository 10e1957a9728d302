/** The front page. */
export const home = {
  intro: 'Accounts, organizations and access tokens for CVAT.',
  toAccount: 'Go to your account',
  developers: 'For developers',
  swagger: 'to try the API out',
  redoc: 'to read about it',
  document: 'OpenAPI document',
  about: 'About this server',
};
