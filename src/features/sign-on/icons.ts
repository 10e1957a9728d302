/** Icons of our own for buttons, in the colour of the text: providers forbid altered logos. */
const icon = (path: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="${path}"/></svg>`;

export const ICONS = {
  google: icon('M20 12h-8m8 0a8 8 0 1 1-2.5-5.8'),
  github: icon('m8 8-4 4 4 4m8-8 4 4-4 4M14 5l-4 14'),
  'amazon-cognito': icon('M12 3 4 7v6c0 4 3.5 7 8 8 4.5-1 8-4 8-8V7Zm-3 9 2 2 4-4'),
} as const;
