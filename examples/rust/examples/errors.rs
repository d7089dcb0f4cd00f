//! How an app tells errors apart, as the README shows it, so that it compiles. A test compares the two.
#![allow(clippy::print_stdout, dead_code, unreachable_pub, reason = "written as in an app of one's own")]

use holdover::{Error, ErrorKind};
use pricing::v1::{GetQuoteRequest, PricingClient};

mod pricing {
    pub mod v1 {
        holdover::include_proto!("pricing.v1");
    }
}

async fn show(pricing: &PricingClient, request: GetQuoteRequest) {
    match pricing.get_quote(request).await {
        Ok(quote) => {
            println!("{:?}", quote.value.total);
            // Beside a value, the error says why there is no newer one. The value may be shown: the policy allows it.
            if let Some(error) = quote.error() {
                println!("as of {} s ago: {}", quote.age().as_secs(), words(error));
            }
        }
        Err(error) => println!("{}", words(&error)),
    }
}

fn words(error: &Error) -> String {
    match error.kind {
        ErrorKind::Offline => "you are offline".to_owned(),
        ErrorKind::Unreachable | ErrorKind::Timeout | ErrorKind::Unavailable => match error.retry_after {
            Some(wait) => format!("the server is busy: try again in {} s", wait.as_secs()),
            None => "the server does not answer".to_owned(),
        },
        ErrorKind::Intercepted => "this Wi-Fi wants you to log in first".to_owned(),
        ErrorKind::SignInRequired | ErrorKind::SignedOut => "please sign in".to_owned(),
        ErrorKind::Unusable => format!("the answer lacks what is REQUIRED: {}", error.paths.join(", ")),
        ErrorKind::Rejected => match &error.status {
            Some(status) => format!("{}: {}", status.code.name(), status.message),
            None => "the server refuses".to_owned(),
        },
        // A log wants the rest: the kind's stable name, what happened, and what to do.
        _ => error.to_string(),
    }
}

fn main() {}
