package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Redirects;
import dev.holdfast.mqtt.spi.ClientSettings;
import java.net.URI;

/** The rules of {@link Servers}, each of which can be broken alone. */
public enum BrokenServers {
    REDIRECTIONS_ARE_NOT_COUNTED {
        @Override
        Servers broken(ClientSettings settings) {
            return new Servers(settings) {
                @Override
                boolean exceeds(int mostHops) {
                    return false;
                }
            };
        }
    },
    ANY_REDIRECTION_IS_FOLLOWED {
        @Override
        Servers broken(ClientSettings settings) {
            return new Servers(settings) {
                @Override
                boolean allows(Redirects policy, URI target) {
                    return true;
                }
            };
        }
    },
    TLS_IS_LEFT {
        @Override
        Servers broken(ClientSettings settings) {
            return new Servers(settings) {
                @Override
                boolean lacksTls(URI target) {
                    return false;
                }
            };
        }
    },
    SESSIONS_OF_OTHER_SERVERS_ARE_TRUSTED {
        @Override
        Servers broken(ClientSettings settings) {
            return new Servers(settings) {
                @Override
                boolean isElsewhere() {
                    return false;
                }
            };
        }
    },
    ROUNDS_DO_NOT_END {
        @Override
        Servers broken(ClientSettings settings) {
            return new Servers(settings) {
                @Override
                boolean next(MqttException cause, boolean wasConnected) {
                    if (!super.next(cause, wasConnected)) {
                        begin();
                    }
                    return true;
                }
            };
        }
    };

    abstract Servers broken(ClientSettings settings);
}
