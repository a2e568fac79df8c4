package dev.holdfast.mqtt.h2;

/**
 * What to do with a store whose file is damaged: it holds other bytes than were written, a part of
 * it is missing, or it is no database at all. A store that is in use, protected by a password, of
 * another program or of a newer release is not damaged, and neither is one that cannot be read or
 * written for want of permission or room: those are errors under each policy.
 */
public enum WhenDamaged {
    /** Opening fails with an error that says what is wrong; nothing is changed. The default. */
    FAIL,
    /**
     * The file is renamed to {@code NAME.damaged-DATE-TIME.mv.db} within its folder, a report of
     * what could be read of it is written to {@code NAME.damaged-DATE-TIME.txt}, a warning with
     * both names is logged, and an empty store is opened in its place. Nothing is overwritten.
     *
     * <p>The client's session is then new. If the server still has the old one, {@link
     * dev.holdfast.mqtt.UnknownSession} says how to go on.
     */
    SET_ASIDE
}
