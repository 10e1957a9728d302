/** Errors about a name or an address that another account has (Django 4.2, dj-rest-auth 2.2). */

export const USERNAME_TAKEN = 'A user with that username already exists.';
export const EMAIL_TAKEN = 'A user is already registered with this e-mail address.';
