/** A file that may define services: libpq's `pg_service.conf`. */
export interface ServiceFile {
  readonly path: string;
  /** Whether it must be there. */
  readonly isRequired: boolean;
}
