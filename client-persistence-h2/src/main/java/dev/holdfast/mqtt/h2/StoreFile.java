package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.StoreException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where a store lies, and who has it: the file of the database and a note beside it. */
final class StoreFile {
    private static final Logger LOG = LoggerFactory.getLogger(StoreFile.class);
    private static final String ENDING = ".mv.db";

    /** The stores that this process has open. */
    private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

    private final Path base;
    private final Path file;
    private final Path unfinished;
    private final Path owner;

    /**
     * Names the files of a store.
     *
     * @param path with or without the ending of the database file
     */
    StoreFile(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        Path name = absolute.getFileName();
        if (name == null) {
            throw new IllegalArgumentException(
                    "A store needs a file name, and '" + path + "' has none");
        }
        if (absolute.toString().indexOf(';') >= 0) {
            throw new IllegalArgumentException(
                    "H2 takes no ';' in a path: choose another one than '" + absolute + "'");
        }
        String text = name.toString();
        if (text.endsWith(ENDING)) {
            text = text.substring(0, text.length() - ENDING.length());
        }
        base = absolute.resolveSibling(text);
        file = absolute.resolveSibling(text + ENDING);
        unfinished = absolute.resolveSibling(text + ".new");
        owner = absolute.resolveSibling(text + ".owner");
    }

    /** The file of the database. */
    Path path() {
        return file;
    }

    /** As H2 wants it: without the ending. */
    Path base() {
        return base;
    }

    /** As {@link #base}, for a store that is being created. */
    Path unfinished() {
        return unfinished;
    }

    @Override
    public String toString() {
        return file.toString();
    }

    /** Creates what is missing of the folder, and claims the file within this process. */
    void claim() {
        Path folder = folder();
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new StoreException(
                    "The folder of store "
                            + file
                            + " cannot be created ("
                            + e
                            + "). Create it, or give the store another path",
                    e);
        }
        requireAccess(folder);
        if (!OPEN.add(file)) {
            throw new StoreException(
                    "Store "
                            + file
                            + " is open in this process through another H2SessionStore. Let all"
                            + " clients of the file share one H2SessionStore",
                    null);
        }
    }

    private void requireAccess(Path folder) {
        if (Files.isDirectory(file)) {
            throw new StoreException(
                    "Store " + file + " is a folder. Give the store another path", null);
        }
        boolean there = exists();
        Path target = there ? file : folder;
        if (there && !Files.isReadable(file)) {
            throw new StoreException(
                    "Store "
                            + file
                            + " cannot be read. Let user '"
                            + System.getProperty("user.name")
                            + "' read and write to it, or give the store another path",
                    null);
        }
        if (!Files.isWritable(target)) {
            throw new StoreException(
                    "Store "
                            + file
                            + (there ? " is read-only" : " cannot be created in a read-only folder")
                            + ". Let user '"
                            + System.getProperty("user.name")
                            + "' write to "
                            + target
                            + ", or give the store another path",
                    null);
        }
    }

    private Path folder() {
        Path folder = file.getParent();
        if (folder == null) {
            throw new IllegalStateException(file + " is absolute and has no parent");
        }
        return folder;
    }

    /** Gives up the claim. */
    void release() {
        OPEN.remove(file);
    }

    boolean exists() {
        return Files.exists(file);
    }

    void removeUnfinished() {
        try {
            Files.deleteIfExists(unfinishedFile());
        } catch (IOException e) {
            throw new StoreException(
                    "A store left half created at "
                            + unfinishedFile()
                            + " cannot be removed ("
                            + e
                            + "). Remove it, or give the store another path",
                    e);
        }
    }

    /** Gives a store that has all its tables its name. */
    void finish() {
        try {
            Files.move(unfinishedFile(), file);
        } catch (IOException e) {
            throw new StoreException(
                    "Store "
                            + file
                            + " was created, but cannot be moved into its place ("
                            + e
                            + "). See that nothing else writes to its folder, and try again",
                    e);
        }
    }

    private Path unfinishedFile() {
        return unfinished.resolveSibling(unfinished.getFileName() + ENDING);
    }

    /** After this a new file is found again when the machine loses power, also in new folders. */
    void forceFolders() {
        for (Path folder = folder(); folder != null; folder = folder.getParent()) {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            } catch (IOException e) {
                // Some systems open no folders, Windows among them, and need no such call.
                LOG.debug("Folder {} cannot be forced", folder, e);
            }
        }
    }

    /** Leaves a note for those who will find the file locked. It is no lock itself. */
    void noteOwner() {
        String note =
                "process "
                        + ProcessHandle.current().pid()
                        + " on host "
                        + host()
                        + " since "
                        + Instant.now().truncatedTo(ChronoUnit.SECONDS);
        try {
            Files.writeString(owner, note + System.lineSeparator());
        } catch (IOException | RuntimeException e) {
            LOG.warn("{} could not be written; it only helps to find who has the store", owner, e);
        }
    }

    void removeOwner() {
        try {
            Files.deleteIfExists(owner);
        } catch (IOException e) {
            LOG.warn("{} could not be removed; it does no harm", owner, e);
        }
    }

    /** Who left a note, in words; a guess if there is none. */
    String owner() {
        Optional<String> note = Optional.empty();
        try {
            note = Files.readAllLines(owner).stream().filter(line -> !line.isBlank()).findFirst();
        } catch (IOException e) {
            LOG.debug("{} cannot be read", owner, e);
        }
        return note.orElse("another process");
    }

    /** Asks no name server, which may take its time. */
    private static String host() {
        for (String file : new String[] {"/proc/sys/kernel/hostname", "/etc/hostname"}) {
            try {
                return Files.readString(Path.of(file)).strip();
            } catch (IOException e) {
                LOG.trace("{} does not tell the host", file, e);
            }
        }
        for (String variable : new String[] {"COMPUTERNAME", "HOSTNAME"}) {
            String name = System.getenv(variable);
            if (name != null) {
                return name;
            }
        }
        return "unknown";
    }

    /** Bytes that may still be written on the disk of the store. */
    long usableSpace() {
        try {
            return Files.getFileStore(folder()).getUsableSpace();
        } catch (IOException e) {
            LOG.debug("The room on the disk of {} is not known", file, e);
            return Long.MAX_VALUE;
        }
    }
}
