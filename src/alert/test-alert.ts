import type { AlertCode } from '../domain/alerts/catalogue.ts';

/** Code of `certagent alert test`. */
export const TEST: AlertCode = 'TEST';
