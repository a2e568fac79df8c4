package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** A process for which permissions count, even if it belongs to root. */
final class ForbiddenChild {
    private static final String USER = System.getProperty("user.name");

    private final Path folder;
    private final Path file;
    private final H2SessionStore store;

    private ForbiddenChild(Path folder) {
        this.folder = folder;
        file = folder.resolve("store.mv.db");
        store = H2SessionStore.at(file).whenDamaged(WhenDamaged.SET_ASIDE);
    }

    /**
     * Ends with an exception if something is not as it should be.
     *
     * @param args a folder
     */
    public static void main(String[] args) throws IOException {
        ForbiddenChild child = new ForbiddenChild(Path.of(args[0]));
        child.permit(child.folder, "r-xr-xr-x");
        assertFalse(Files.isWritable(child.folder), "permissions do not count here");
        child.createInReadOnlyFolder();
        child.permit(child.folder, "rwxr-xr-x");
        try (StoredSession session = child.store.open("press-17")) {
            Samples.store(session, Samples.accepted(1, 10));
        }
        child.openWithoutPermission("r--r--r--", "is read-only. Let user '" + USER + "' write to");
        child.openWithoutPermission("-w--w--w-", "cannot be read. Let user '" + USER + "' read");
        child.openInReadOnlyFolder();
        child.setAsideInReadOnlyFolder();
        System.out.println("permissions: refused as it should be");
    }

    private void permit(Path path, String permissions) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }

    private void refuse(String reason) {
        StoreException e = assertThrows(StoreException.class, () -> store.open("press-17"));
        assertTrue(e.getMessage().contains(reason), e.getMessage());
        assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
        assertFalse(e instanceof DamagedStoreException, e.getMessage());
    }

    private void createInReadOnlyFolder() {
        refuse("cannot be created in a read-only folder. Let user '" + USER + "' write to");
    }

    private void openWithoutPermission(String permissions, String reason) throws IOException {
        permit(file, permissions);
        refuse(reason);
        permit(file, "rw-r--r--");
        requireWhole();
    }

    private void requireWhole() {
        try (StoredSession session = store.open("press-17")) {
            assertEquals(List.of(1L), Samples.queued(session));
        }
    }

    /** Only the note for people is missing then. */
    private void openInReadOnlyFolder() throws IOException {
        permit(folder, "r-xr-xr-x");
        requireWhole();
        permit(folder, "rwxr-xr-x");
    }

    private void setAsideInReadOnlyFolder() throws IOException {
        byte[] noise = new byte[20_000];
        Files.write(file, noise);
        permit(folder, "r-xr-xr-x");
        refuse("setting it aside failed");
        permit(folder, "rwxr-xr-x");
        assertArrayEquals(noise, Files.readAllBytes(file));
        store.open("press-17").close(); // now it can
    }
}
