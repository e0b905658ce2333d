/** What the dialog of an account asks about it: part of `schemas.ts`, which says how it is used. */
import Type from 'typebox';
import { PROVIDER_NAMES } from '../providers/provider.ts';
import { closed, oneOf } from './schema-parts.ts';

const field = () => Type.Optional(Type.String({ maxLength: 2000 }));

export const accountBodies = {
  accountTest: Type.Object(
    {
      provider: Type.Optional(oneOf(PROVIDER_NAMES)),
      phone: field(),
      baseUrl: field(),
      appId: field(),
      domain: field(),
      accountSid: field(),
      authToken: field(),
      webhookSecret: field(),
      verifyToken: field(),
    },
    {
      ...closed,
      description:
        'What stands in the dialog of an account; what is missing, and a password that was not changed, is as deployed',
    },
  ),
};
