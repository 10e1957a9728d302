/**
 * The people of the examples. A new server has made `admin`; the others registered in this order, so their ids are
 * 2 and 3. Ann owns the organization `acme`, whose id is 1.
 */
export const PASSWORD = 'correct horse battery';
export const EMPTY_TOKEN = '0'.repeat(40);

export const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
