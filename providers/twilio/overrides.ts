/** What Twilio is to read at the end of the Receive URL: three retries for all failures. Not part of what it calls or signs. */
export const TWILIO_OVERRIDES = '#rc=3&rp=all';
