import type { Texts } from '../index.js';
import { account } from './account.js';
import { administration } from './administration.js';
import { common } from './common.js';
import { factors } from './factors.js';
import { home } from './home.js';
import { keys } from './keys.js';
import { links } from './links.js';
import { mails } from './mails.js';
import { organizations } from './organizations.js';
import { problems } from './problems.js';
import { signingIn } from './signing-in.js';

export const de: Texts = {
  common,
  home,
  signingIn,
  account,
  administration,
  factors,
  keys,
  links,
  mails,
  organizations,
  problems,
};
