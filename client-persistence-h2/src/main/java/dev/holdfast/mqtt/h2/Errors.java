package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.h2.files.DamagedChunkException;
import dev.holdfast.mqtt.store.StoreException;
import java.io.EOFException;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Set;
import org.h2.api.ErrorCode;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;

/** What went wrong, in the words of someone who has to mend it. */
final class Errors {
    /** With less room than this a failed write is put down to a full disk. */
    private static final long FULL = 1 << 20;

    /** What H2 calls it when it finds other bytes than it wrote. */
    private static final Set<Integer> DAMAGE =
            Set.of(
                    DataUtils.ERROR_FILE_CORRUPT,
                    DataUtils.ERROR_BLOCK_NOT_FOUND,
                    DataUtils.ERROR_CHUNK_NOT_FOUND,
                    DataUtils.ERROR_SERIALIZATION);

    private Errors() {}

    static StoreException opening(StoreFile file, Throwable cause) {
        if (cause instanceof StoreException known) {
            return known;
        }
        if (isDamage(cause)) {
            return unreadable(file, cause);
        }
        int code = cause instanceof SQLException e ? e.getErrorCode() : 0;
        return switch (code) {
            case ErrorCode.DATABASE_ALREADY_OPEN_1 -> inUse(file, cause);
            case ErrorCode.FILE_VERSION_ERROR_1 -> otherRelease(file, cause);
            case ErrorCode.WRONG_USER_OR_PASSWORD, ErrorCode.FILE_ENCRYPTION_ERROR_1 ->
                    locked(file, cause);
            default -> failure(file, "cannot be opened", cause);
        };
    }

    /** What H2 says when it only reads, below SQL. */
    static StoreException inspecting(StoreFile file, Exception cause) {
        int code = cause instanceof MVStoreException e ? e.getErrorCode() : 0;
        return switch (code) {
            case DataUtils.ERROR_FILE_LOCKED -> inUse(file, cause);
            case DataUtils.ERROR_UNSUPPORTED_FORMAT -> otherRelease(file, cause);
            case DataUtils.ERROR_READING_FAILED ->
                    isDamage(cause)
                            ? unreadable(file, cause)
                            : failure(file, "cannot be read", cause);
            default ->
                    cause instanceof MVStoreException || isDamage(cause)
                            ? unreadable(file, cause)
                            : failure(file, "cannot be read", cause);
        };
    }

    /** Whether the file is not what was written, rather than out of reach. */
    private static boolean isDamage(Throwable thrown) {
        boolean damage = false;
        for (Throwable t = thrown; t != null; t = t.getCause()) {
            if (t instanceof DamagedChunkException || t instanceof EOFException) {
                return true;
            }
            if (t instanceof IOException || t instanceof OutOfMemoryError) {
                return false;
            }
            damage |=
                    (t instanceof SQLException e && e.getErrorCode() == ErrorCode.FILE_CORRUPTED_1)
                            || (t instanceof MVStoreException m
                                    && DAMAGE.contains(m.getErrorCode()));
        }
        return damage;
    }

    static DamagedStoreException unreadable(StoreFile file, Throwable cause) {
        String damage =
                innermost(cause) instanceof EOFException ? "it ends too early" : reason(cause);
        return new DamagedStoreException(file, damage, "", cause);
    }

    static StoreException otherRelease(StoreFile file, @Nullable Throwable cause) {
        return new StoreException(
                "Store "
                        + file
                        + " is in a format of another H2 release, which this one ("
                        + release()
                        + ") does not read. Give the store another path, or export the"
                        + " file with the H2 release that wrote it",
                cause);
    }

    static StoreException locked(StoreFile file, @Nullable Throwable cause) {
        return new StoreException(
                "Store "
                        + file
                        + " is protected by a password, so it is a database of another program."
                        + " Give the store another path",
                cause);
    }

    static StoreException inUse(StoreFile file, @Nullable Throwable cause) {
        return new StoreException(
                "Store "
                        + file
                        + " is in use by "
                        + file.owner()
                        + ". One process at a time may use it: end that one, or give this one a"
                        + " store of its own",
                cause);
    }

    static StoreException writing(StoreFile file, Throwable cause) {
        if (cause instanceof DamagedStoreException known) {
            return known;
        }
        if (isDamage(cause)) {
            return unreadable(file, cause);
        }
        return failure(
                file,
                "failed, and whether the last batches are in it is not known; nothing more is"
                        + " written to it",
                cause);
    }

    static StoreException reading(StoreFile file, Throwable cause) {
        if (cause instanceof StoreException known) {
            return known;
        }
        return isDamage(cause) ? unreadable(file, cause) : failure(file, "cannot be read", cause);
    }

    /**
     * A row that is not what was written.
     *
     * @param mend SQL that lets the store be used without it
     */
    static DamagedStoreException damaged(
            StoreFile file, String table, String where, String complaint, String mend) {
        return new DamagedStoreException(
                file,
                "in table " + table + " the row with " + where + " " + complaint,
                "; or, to go on without what is damaged, stop all users of the file and execute with"
                        + " H2's shell: "
                        + mend,
                null);
    }

    private static StoreException failure(StoreFile file, String what, Throwable cause) {
        String mend;
        if (cause instanceof IllegalStateException) {
            mend = "This is a bug in the client or its store: please report it";
        } else if (isDiskFull(file, cause)) {
            mend =
                    "The disk is full: make room, close all clients of the store and open them again";
        } else {
            mend = "Mend the cause, close all clients of the store and open them again";
        }
        return new StoreException(
                "Store " + file + " " + what + " (" + reason(cause) + "). " + mend, cause);
    }

    private static boolean isDiskFull(StoreFile file, Throwable thrown) {
        for (Throwable t = thrown; t != null; t = t.getCause()) {
            if (t instanceof IOException) {
                String text = String.valueOf(t.getMessage()).toLowerCase(Locale.ROOT);
                return text.contains("no space")
                        || text.contains("not enough space")
                        || text.contains("quota")
                        || file.usableSpace() < FULL;
            }
        }
        return false;
    }

    /** The outer messages of H2 repeat the innermost with the statement's text. */
    static String reason(Throwable thrown) {
        Throwable innermost = innermost(thrown);
        @Nullable String message = innermost.getMessage();
        return message == null ? innermost.toString() : message.strip();
    }

    private static Throwable innermost(Throwable thrown) {
        Throwable innermost = thrown;
        while (innermost.getCause() != null) {
            innermost = innermost.getCause();
        }
        return innermost;
    }

    private static String release() {
        return org.h2.engine.Constants.FULL_VERSION;
    }
}
