package dev.holdfast.mqtt.h2;

/**
 * An outgoing message in flight or released, as the file has it.
 *
 * @param key of its row in OUTGOING
 * @param packetIdentifier 1 to 65,535
 * @param releaseOrder 0 before PUBREC
 * @param ownRow whether FLIGHT has a row for it; without one its row in OUTGOING says all
 */
record Flight(long key, int packetIdentifier, long releaseOrder, boolean ownRow) {}
