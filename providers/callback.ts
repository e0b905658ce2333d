/** What a provider wants at the end of a Receive URL: Twilio's connection overrides, three retries for all failures. */
const TWILIO_OVERRIDES = '#rc=3&rp=all';

/** A Receive URL as it is pasted into the provider's console. */
export const callbackUrl = (provider: string, receiveUrl: string): string =>
  provider === 'twilio' && !receiveUrl.includes('#') ? receiveUrl + TWILIO_OVERRIDES : receiveUrl;
