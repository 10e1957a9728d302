/** The release of CVAT whose API this is: `/api/server/about` says so, and clients compare it with their own. */
export const VERSION = '2.62.0';
