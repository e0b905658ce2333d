/** Meta's own host; a base URL of the account stands in for it. */
export const GRAPH_API = 'https://graph.facebook.com';

/** The version of the Graph API that this pack speaks. Meta serves each for about two years. */
export const GRAPH_VERSION = 'v25.0';
