package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.HandlerFailure;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.spi.HandlerPlan;
import java.time.Duration;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** The rules of handing messages over, each of which can be broken alone. */
public enum BrokenFeeds {
    // ---- which messages

    MESSAGES_ARE_LEFT_OUT {
        @Override
        void add(Feed feed, HandOver.Part part, HandOver.@Nullable Part sibling, Loop loop) {
            if (isOneOfThree(part)) {
                part.end(ReasonCode.SUCCESS);
            } else {
                feed.add(part);
            }
        }
    },
    MESSAGES_COME_TWICE {
        @Override
        void add(Feed feed, HandOver.Part part, HandOver.@Nullable Part sibling, Loop loop) {
            feed.add(part);
            feed.add(part);
        }
    },
    MESSAGES_OVERTAKE {
        @Override
        void add(Feed feed, HandOver.Part part, HandOver.@Nullable Part sibling, Loop loop) {
            if (isOneOfThree(part)) {
                loop.schedule(() -> feed.add(part), 200);
            } else {
                feed.add(part);
            }
        }
    },
    UNCLAIMED_MESSAGES_ARE_DROPPED {
        @Override
        boolean dropsUnclaimed() {
            return true;
        }
    },

    UNCLAIMED_MESSAGES_ARE_OVERTAKEN {
        @Override
        boolean delaysUnclaimed() {
            return true;
        }
    },

    // ---- when they are done with

    HANDLERS_ARE_NOT_AWAITED {
        @Override
        void add(Feed feed, HandOver.Part part, HandOver.@Nullable Part sibling, Loop loop) {
            feed.add(part);
            part.end(ReasonCode.SUCCESS);
        }
    },
    THE_FIRST_OF_TWO_HANDLERS_IS_ENOUGH {
        @Override
        void add(Feed feed, HandOver.Part part, HandOver.@Nullable Part sibling, Loop loop) {
            if (sibling != null) {
                part.ended().thenRun(() -> sibling.end(ReasonCode.SUCCESS));
            }
            feed.add(part);
        }
    },
    HANDLED_IS_NOT_TOLD {
        @Override
        /** Whether messages that waited for a handler come to it late. */
        boolean delaysUnclaimed() {
            return false;
        }

        /** Whether a message that is tried again is said to be redelivered. */
        boolean tellsOfRetries() {
            return true;
        }

        /** Whether a message is said to be handled before the core knows. */
        boolean tellsEarly() {
            return false;
        }

        boolean tellsHandled() {
            return false;
        }
    },
    HANDLED_IS_TOLD_EARLY {
        @Override
        boolean tellsEarly() {
            return true;
        }
    },

    // ---- keys

    KEYS_ARE_IGNORED {
        @Override
        HandlerPlan plan(HandlerPlan plan) {
            return plan.key() == null ? plan : plan.parallelBy(m -> new Object(), plan.parallel());
        }
    },
    TOO_MANY_AT_ONCE {
        @Override
        HandlerPlan plan(HandlerPlan plan) {
            return plan.key() == null ? plan : plan.parallelBy(plan.key(), plan.parallel() + 1);
        }
    },

    // ---- handlers that fail

    FAILURES_ARE_ACKNOWLEDGED {
        @Override
        HandlerFailure policy(HandlerFailure policy) {
            return policy.retries() > 0 ? policy.thenDrop() : HandlerFailure.drop();
        }
    },
    ONE_RETRY_IS_TOO_MANY {
        @Override
        HandlerFailure policy(HandlerFailure policy) {
            int more = policy.retries() == 0 ? 0 : policy.retries() + 1;
            return new HandlerFailure(more, policy.firstDelay(), policy.outcome());
        }
    },
    ONE_RETRY_IS_MISSING {
        @Override
        HandlerFailure policy(HandlerFailure policy) {
            int fewer = Math.max(0, policy.retries() - 1);
            return new HandlerFailure(fewer, policy.firstDelay(), policy.outcome());
        }
    },
    RETRIES_DO_NOT_WAIT {
        @Override
        HandlerFailure policy(HandlerFailure policy) {
            return new HandlerFailure(policy.retries(), Duration.ZERO, policy.outcome());
        }
    },
    RETRIES_ARE_FORGOTTEN {
        @Override
        Duration retry(HandOver.Part part, Duration delay) {
            return Duration.ofDays(1);
        }
    },
    RETRIES_LOOK_NEW {
        @Override
        boolean tellsOfRetries() {
            return false;
        }
    },
    RETRIES_HOLD_BACK_NOBODY {
        @Override
        HandlerPlan plan(HandlerPlan plan) {
            return plan.failure() == null || plan.failure().retries() == 0
                    ? plan
                    : plan.parallelBy(m -> new Object(), Math.max(2, plan.parallel()));
        }
    },

    // ---- subscribers

    DEMAND_IS_EXCEEDED {
        @Override
        Flow.Subscription subscription(Flow.Subscription real) {
            return new Passing(real) {
                @Override
                public void request(long n) {
                    super.request(n > 0 ? n + 1 : n);
                }
            };
        }
    },
    DEMAND_IS_FORGOTTEN {
        @Override
        Flow.Subscription subscription(Flow.Subscription real) {
            return new Passing(real) {
                @Override
                public void request(long n) {
                    if (n != 2) {
                        super.request(n);
                    }
                }
            };
        }
    },
    WRONG_DEMAND_IS_OVERLOOKED {
        @Override
        Flow.Subscription subscription(Flow.Subscription real) {
            return new Passing(real) {
                @Override
                public void request(long n) {
                    super.request(Math.max(1, n));
                }
            };
        }
    },
    CANCELLING_IS_OVERLOOKED {
        @Override
        Flow.Subscription subscription(Flow.Subscription real) {
            return new Passing(real) {
                @Override
                public void cancel() {}
            };
        }
    },
    COMPLETION_IS_FORGOTTEN {
        @Override
        void end(Feed feed, @Nullable Throwable cause) {}
    };

    /** Passes on what a subscriber asks for. */
    private static class Passing implements Flow.Subscription {
        private final Flow.Subscription real;

        Passing(Flow.Subscription real) {
            this.real = real;
        }

        @Override
        public void request(long n) {
            real.request(n);
        }

        @Override
        public void cancel() {
            real.cancel();
        }
    }

    private static boolean isOneOfThree(HandOver.Part part) {
        return part.id() % 3 == 0;
    }

    /**
     * Gives a message to a feed.
     *
     * @param sibling the part of another handler in the same message
     */
    void add(Feed feed, HandOver.Part part, HandOver.@Nullable Part sibling, Loop loop) {
        feed.add(part);
    }

    void end(Feed feed, @Nullable Throwable cause) {
        feed.end(cause);
    }

    HandlerPlan plan(HandlerPlan plan) {
        return plan.failure() == null ? plan : plan.onFailure(policy(plan.failure()));
    }

    HandlerFailure policy(HandlerFailure policy) {
        return policy;
    }

    /** How long a message waits to be tried again. */
    Duration retry(HandOver.Part part, Duration delay) {
        return delay;
    }

    Flow.Subscription subscription(Flow.Subscription real) {
        return real;
    }

    /** A subscriber who gets, and asks for, something else. */
    Flow.Subscriber<Delivery> subscriber(Flow.Subscriber<? super Delivery> real) {
        return new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription s) {
                real.onSubscribe(subscription(s));
            }

            @Override
            public void onNext(Delivery delivery) {
                real.onNext(delivery);
            }

            @Override
            public void onError(Throwable cause) {
                real.onError(cause);
            }

            @Override
            public void onComplete() {
                real.onComplete();
            }
        };
    }

    boolean dropsUnclaimed() {
        return false;
    }

    /** Whether messages that waited for a handler come to it late. */
    boolean delaysUnclaimed() {
        return false;
    }

    /** Whether a message that is tried again is said to be redelivered. */
    boolean tellsOfRetries() {
        return true;
    }

    /** Whether a message is said to be handled before the core knows. */
    boolean tellsEarly() {
        return false;
    }

    boolean tellsHandled() {
        return true;
    }
}
