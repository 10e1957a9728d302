/** Error messages common to all of DRF's fields (`rest_framework.fields`, 3.15). */

export const REQUIRED = 'This field is required.';
export const NOT_NULL = 'This field may not be null.';
export const BLANK = 'This field may not be blank.';
/** Django's `ProhibitNullCharactersValidator`. */
export const NULL_CHARACTERS = 'Null characters are not allowed.';
