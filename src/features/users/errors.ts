/** What is said wherever a name or an address belongs to somebody else (Django 4.2 and dj-rest-auth 2.2). */

export const USERNAME_TAKEN = 'A user with that username already exists.';
export const EMAIL_TAKEN = 'A user is already registered with this e-mail address.';
