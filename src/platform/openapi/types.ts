import type { z } from 'zod';
import type { Credential } from '../../kernel/account.js';
import type { AnyRoute, Responses } from '../http/route.js';

/** The parts of a route that the document describes. */
export interface DescribedRoute
  extends Pick<
    AnyRoute,
    | 'method'
    | 'path'
    | 'operationId'
    | 'summary'
    | 'description'
    | 'tag'
    | 'accepted'
    | 'access'
    | 'throttle'
    | 'documented'
    | 'list'
    | 'isPaged'
    | 'needsProof'
    | 'isForEnrolment'
    | 'readBody'
    | 'parsesBody'
  > {
  readonly query?: z.ZodType | undefined;
  readonly body?: z.ZodType | undefined;
  readonly responses: Responses;
}

/** The part of OpenAPI 3.0.3 that the document uses. */

export type Schema = Readonly<Record<string, unknown>>;

export interface Reference {
  readonly $ref: string;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

/** The request that produces an answer: our extension, which readers can send and a test does. */
export interface ExampleRequest {
  /** The caller: a person in the examples, by user name; by default anyone who may call. */
  readonly as?: string;
  /** The kind of credentials. */
  readonly by?: Credential['kind'];
  readonly path?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** A JSON value. */
  readonly body?: unknown;
  /** A body that is sent exactly as written here. */
  readonly text?: string;
}

export interface ExampleObject {
  readonly summary: string;
  readonly value?: unknown;
  readonly 'x-request'?: ExampleRequest;
  /** Settings of the server, other than the defaults, that produce this answer. */
  readonly 'x-settings'?: Readonly<Record<string, string>>;
}

export interface MediaType {
  readonly schema: Schema;
  readonly examples?: Readonly<Record<string, ExampleObject | Reference>>;
}

export interface Header {
  readonly schema: Schema;
  readonly example: string;
}

export interface ResponseObject {
  readonly description: string;
  readonly headers?: Readonly<Record<string, Header>>;
  readonly content?: Readonly<Record<string, MediaType>>;
  /** Examples of answers without a body, or whose body cannot be shown. */
  readonly 'x-examples'?: Readonly<Record<string, ExampleObject | Reference>>;
}

export interface RequestBody {
  readonly content: Readonly<Record<string, MediaType>>;
  readonly required?: true;
}

export type SecurityRequirement = Readonly<Record<string, readonly string[]>>;

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: RequestBody;
  readonly security: readonly SecurityRequirement[];
  readonly responses: Readonly<Record<string, ResponseObject>>;
}

export type PathItem = Readonly<Record<string, Operation>>;

export interface Tag {
  readonly name: string;
  readonly description: string;
}

export interface ServerAddress {
  readonly url: string;
  readonly description: string;
}

export interface Info {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  readonly contact?: { readonly name: string };
  readonly license?: { readonly name: string; readonly url: string };
}

export interface OpenApiDocument {
  readonly openapi: '3.0.3';
  readonly info: Info;
  readonly servers: readonly ServerAddress[];
  readonly tags: readonly Tag[];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly examples: Readonly<Record<string, ExampleObject>>;
    readonly securitySchemes: Readonly<Record<string, Schema>>;
  };
}
