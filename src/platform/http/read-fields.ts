import { z } from 'zod';

/** Texts of answers whose form the document names, so that generated clients read them as what they are. */

/** A `Timestamp` of `kernel/timestamp.ts`. */
export const dateTime = () => z.string().meta({ format: 'date-time' });

/** An absolute address. */
export const uri = () => z.string().meta({ format: 'uri' });
