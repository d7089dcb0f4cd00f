// An app in a process of its own: shows the quote of a ride, from what an earlier process has left on disk.
//
//     rider <url> <folder> <ride> <urlSession | rust>

import Foundation
import Holdover
import Rides

let words = CommandLine.arguments.dropFirst()
guard words.count == 4 else { fatalError("rider <url> <folder> <ride> <urlSession | rust>") }
let (url, folder, id, stack) = (words[1], words[2], words[3], words[4])
let carrier = stack == "rust" ? Carrier(.rust, .grpc) : Carrier(.urlSession, .connect)
let app = try App(url: url, carrier) { $0.storeDirectory = URL(fileURLWithPath: folder) }
do throws(HoldoverError) {
    let quote = try await app.pricing.getQuote(ride(id))
    print("\(quote.source) \(quote.value.quoteID) to \(quote.value.destination)")
} catch {
    print(error.kind.name)
}
await app.runtime.shutdown()
