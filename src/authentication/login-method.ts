/** What people may log in with besides the password (allauth `ACCOUNT_AUTHENTICATION_METHOD`). */
export type LoginMethod = 'username' | 'email' | 'username_email';
