/** The result of trying a service that the settings name. */
export interface ServiceTrial {
  readonly ok: boolean;
  /** One sentence: what it is and how it is used, or what must be corrected. */
  readonly detail: string;
}
